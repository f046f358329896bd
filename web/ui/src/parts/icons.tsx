/**
 * Icons as React elements: ionicons sets innerHTML, which the page's policy forbids. Each is decoration; the button or
 * mark around it has the words.
 */
import type { ReactNode } from 'react';

function Icon({ children, filled = false }: { children: ReactNode; filled?: boolean }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 24 24"
      width="24"
      height="24"
      fill={filled ? 'currentColor' : 'none'}
      stroke={filled ? 'none' : 'currentColor'}
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export const BackIcon = () => <Icon>{<path d="M15 5l-7 7 7 7" className="mirrored" />}</Icon>;
export const SendIcon = () => <Icon filled>{<path className="mirrored" d="M3.4 20.4 21.6 12 3.4 3.6 3.4 10l12 2-12 2z" />}</Icon>;
export const SettingsIcon = () => (
  <Icon>
    <path d="M4 7h9M17 7h3M4 17h3M11 17h9" />
    <circle cx="15" cy="7" r="2.2" />
    <circle cx="9" cy="17" r="2.2" />
  </Icon>
);
export const InviteIcon = () => (
  <Icon>
    <circle cx="9.5" cy="8" r="3.6" />
    <path d="M2.8 19.5c.6-3.6 3.3-5.6 6.7-5.6s6.1 2 6.7 5.6M18.5 7.5v6M15.5 10.5h6" />
  </Icon>
);
export const GroupIcon = () => (
  <Icon>
    <circle cx="9" cy="8.5" r="3.3" />
    <path d="M2.6 19c.6-3.2 3-5 6.4-5s5.800 1.800 6.400 5M16 5.600a3.300 3.300 0 0 1 0 6M18 14.300c1.900.7 3 2.300 3.400 4.700" />
  </Icon>
);
export const LinkIcon = () => (
  <Icon>
    <path d="M10 14a4 4 0 0 0 5.700 0l3.300-3.300a4 4 0 0 0-5.700-5.700L12 6.300M14 10a4 4 0 0 0-5.700 0L5 13.300A4 4 0 0 0 10.700 19l1.300-1.300" />
  </Icon>
);
export const CopyIcon = () => (
  <Icon>
    <rect x="9" y="9" width="11" height="11" rx="2" />
    <path d="M5 15H4V6a2 2 0 0 1 2-2h9v1" />
  </Icon>
);
export const DownloadIcon = () => <Icon>{<path d="M12 4v11M7.500 11 12 15.500 16.500 11M5 20h14" />}</Icon>;
export const PrintIcon = () => (
  <Icon>
    <path d="M7 9V4h10v5M7 17H4v-6a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v6h-3" />
    <rect x="7" y="14" width="10" height="6" />
  </Icon>
);
export const MoreIcon = () => (
  <Icon filled>
    <circle cx="5.500" cy="12" r="1.900" />
    <circle cx="12" cy="12" r="1.900" />
    <circle cx="18.500" cy="12" r="1.900" />
  </Icon>
);
export const DownIcon = () => <Icon>{<path d="M6 9l6 6 6-6" />}</Icon>;

/* The states of a message: each its own shape, not only its own colour. */
export const QueuedIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="8" />
    <path d="M12 7.500V12l3 2" />
  </Icon>
);
export const SentIcon = () => <Icon>{<path d="M5.500 12.500 10 17l9-10" />}</Icon>;
export const DeliveredIcon = () => <Icon>{<path d="M2 12.500 6.500 17l8.500-10M11 16l1 1 9.500-10" />}</Icon>;
export const ReadIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="9.500" fill="currentColor" />
    <path d="M7 12.500l3.500 3.500L17 8.500" stroke="var(--pane)" />
  </Icon>
);
export const FailedIcon = () => (
  <Icon>
    <path d="M12 3.500 21.500 20h-19z" />
    <path d="M12 10v4.500M12 17.200v.1" />
  </Icon>
);
