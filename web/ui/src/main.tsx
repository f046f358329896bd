/** The start of the interface. */
import '@ionic/react/css/core.css';
import './style/theme.css';
import './style/layout.css';
import './style/forms.css';
import './style/chat.css';

import { setupIonicReact } from '@ionic/react';
import { createRoot } from 'react-dom/client';

import { App } from './App';
import { takeSecretsFrom } from './state/local';
import { begin } from './state/session';
import { readAddress } from './router';

setupIonicReact({ mode: 'md', rippleEffect: false });
takeSecretsFrom(window.location);
readAddress();

const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<App />);
void begin();
