#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use tidings_protocol::log::mailbox::MailboxPolicy;

use super::{ConfigError, Flags, Mailbox, Origin, Profile, Settings};
use crate::identity::Registration;

/// A machine with a home folder and files of its own.
struct Machine {
    root: TempDir,
    flags: Flags,
    environment: BTreeMap<String, String>,
}

impl Machine {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let environment = BTreeMap::from([("HOME".to_owned(), root.path().join("home").display().to_string())]);
        Self { root, flags: Flags::default(), environment }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    fn load(&self) -> Result<Settings, ConfigError> {
        Settings::from_sources(&self.flags, self.environment.clone(), &self.path("etc.toml"))
    }

    fn error(&self) -> String {
        self.load().unwrap_err().to_string()
    }
}

#[test]
fn without_any_source_everything_has_its_default() {
    let machine = Machine::new();
    let settings = machine.load().unwrap();
    assert_eq!(settings.data.value, machine.path("home/.local/share/tidings"));
    assert_eq!(settings.http.value.to_string(), "127.0.0.1:8480");
    assert_eq!((settings.profile.value, settings.registration.value), (Profile::Desktop, Registration::Invite));
    assert!(settings.rows().iter().all(|(_, _, origin)| *origin == Origin::Default));
    assert!(!settings.http.is_explicit());
}

#[test]
fn each_source_covers_the_ones_below_it() {
    let mut machine = Machine::new();
    let registration = |machine: &Machine| {
        let setting = machine.load().unwrap().registration;
        (setting.value.as_str(), setting.origin)
    };
    let etc = machine.file("etc.toml", "registration = 'closed'\nprofile = 'home'");
    assert_eq!(registration(&machine), ("closed", Origin::File(etc.clone())));
    let person = machine.file("home/.config/tidings/config.toml", "registration = 'open'");
    assert_eq!(registration(&machine), ("open", Origin::File(person)));
    let xdg = machine.file("xdg/tidings/config.toml", "registration = 'approval'");
    machine.set("XDG_CONFIG_HOME", &machine.path("xdg").display().to_string());
    assert_eq!(registration(&machine), ("approval", Origin::File(xdg)));
    let named = machine.file("named.toml", "registration = 'invite'");
    machine.flags.config = Some(named.clone());
    assert_eq!(registration(&machine), ("invite", Origin::File(named)));
    machine.set("TIDINGS__REGISTRATION", "closed");
    assert_eq!(registration(&machine), ("closed", Origin::Environment("TIDINGS__REGISTRATION".into())));
    machine.flags.registration = Some("open".into());
    assert_eq!(registration(&machine), ("open", Origin::Flag("--registration")));
    assert_eq!(machine.load().unwrap().profile.origin, Origin::File(etc), "what nobody covers shows through");
}

#[test]
fn all_settings_can_be_set_in_a_file() {
    let machine = Machine::new();
    let text = "
        data = '/srv/tidings'
        http = '[::1]:9000'
        listen = ['/ip4/0.0.0.0/udp/4480/quic-v1', '/ip4/0.0.0.0/tcp/4480']
        external = ['/dns4/node.example/tcp/4480']
        peer = []
        profile = 'community'
        mailbox = 'vouchers'
        registration = 'open'
        public_url = 'https://chat.example/'
        allowed_hosts = ['chat.lan']
        [relay]
        use = ['/ip4/192.0.2.1/tcp/1/p2p/12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5']
        serve = false
        allow = ['12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5']
        [gossip]
        records = false
        name = 'corner'
        [accounts.anna]
        passphrase_file = '/run/anna'
        [accounts.bert]
        passphrase_file = '/run/bert'";
    machine.file("etc.toml", text);
    let settings = machine.load().unwrap();
    assert_eq!(settings.data.value, Path::new("/srv/tidings"));
    assert_eq!((settings.listen.value.len(), settings.external.value.len(), settings.peer.value.len()), (2, 1, 0));
    assert_eq!(settings.public_url.value.as_deref(), Some("https://chat.example"));
    assert_eq!(settings.accounts.keys().collect::<Vec<_>>(), ["anna", "bert"]);
    assert!(settings.rows().iter().all(|(_, _, origin)| *origin == Origin::File(machine.path("etc.toml"))));
    assert_eq!(settings.rows().len(), 17);
    assert_eq!((settings.relay_use.value.len(), settings.relay_allow.value.len()), (1, 1));
    assert_eq!((settings.relay_serve.value, settings.gossip_records.value), (false, false));
    assert_eq!(settings.gossip_name.value, "corner");
    assert_eq!(settings.mailbox.value, Mailbox::Vouchers);
}

#[test]
fn variables_hold_lists_with_commas_and_accounts_with_double_underscores() {
    let mut machine = Machine::new();
    machine.set("TIDINGS__LISTEN", "/ip4/127.0.0.1/tcp/1, /ip4/127.0.0.1/tcp/2");
    machine.set("TIDINGS__ACCOUNTS__ANNA__PASSPHRASE_FILE", "/run/anna");
    machine.set("TIDINGS__PUBLIC_URL", "http://node.lan:8480");
    machine.set("TIDINGS_OTHER", "not ours");
    machine.flags.unlock = vec![("bert".into(), "/run/bert".into())];
    let settings = machine.load().unwrap();
    assert_eq!(settings.listen.value.len(), 2);
    assert_eq!(settings.accounts["anna"].value, Path::new("/run/anna"));
    assert_eq!(settings.accounts["bert"].origin, Origin::Flag("--unlock"));
}

#[test]
fn peoples_own_nodes_serve_nobody_and_tell_nobody_where_they_are_unless_told_to() {
    for (profile, open) in
        [("desktop", false), ("home", false), ("community", true), ("relay", true), ("mailbox", true)]
    {
        let mut machine = Machine::new();
        machine.flags.profile = Some(profile.into());
        let settings = machine.load().unwrap();
        assert_eq!((settings.relay_serve.value, settings.gossip_records.value), (open, open), "{profile}");
        machine.set("TIDINGS__RELAY__SERVE", if open { "false" } else { "true" });
        machine.flags.relay =
            vec!["/ip4/192.0.2.1/tcp/1/p2p/12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5".into()];
        let settings = machine.load().unwrap();
        assert_eq!(settings.relay_serve.value, !open);
        assert_eq!(settings.relay_use.origin, Origin::Flag("--relay"));
    }
}

// REQ-MBOX-7
#[test]
fn a_node_keeps_for_others_only_as_a_mailbox_or_when_told_to_and_a_mailbox_takes_no_people() {
    for profile in ["desktop", "home", "community", "relay", "mailbox"] {
        let mut machine = Machine::new();
        machine.flags.profile = Some(profile.into());
        let settings = machine.load().unwrap();
        let is_mailbox = profile == "mailbox";
        let (mailbox, registration) =
            if is_mailbox { (Mailbox::Open, Registration::Closed) } else { (Mailbox::Off, Registration::Invite) };
        assert_eq!((settings.mailbox.value, settings.registration.value), (mailbox, registration), "{profile}");
        assert_eq!(settings.profile.value.has_people(), !is_mailbox, "{profile}");
        assert_eq!(settings.profile.value.announces_locally(), matches!(profile, "desktop" | "home"));
        assert_eq!(settings.mailbox.value.shown(), is_mailbox.then(|| "open".to_owned()));
        machine.file("etc.toml", "mailbox = 'open'");
        machine.set("TIDINGS__MAILBOX", "vouchers");
        let settings = machine.load().unwrap();
        assert_eq!(settings.mailbox.value.policy(), MailboxPolicy::Vouchers, "{profile}");
        machine.flags.mailbox = Some("off".into());
        let setting = machine.load().unwrap().mailbox;
        assert_eq!((setting.value.shown(), setting.origin), (None, Origin::Flag("--mailbox")), "{profile}");
    }
}

#[test]
fn an_unknown_key_is_an_error_that_names_place_and_nearest_key() {
    let mut machine = Machine::new();
    machine.set("TIDINGS__LISTN", "x");
    assert_eq!(machine.error(), "TIDINGS__LISTN: there is no setting listn; did you mean listen?");
    machine.environment.remove("TIDINGS__LISTN");
    let path = machine.path("etc.toml").display().to_string();
    for (text, said) in [
        ("profle = 'home'", "there is no setting profle; did you mean profile?"),
        ("colour = 'red'", "there is no setting colour"),
        ("colour = 3", "there is no setting colour"),
        ("[colour]\nof = 'x'", "there is no setting colour.of"),
        ("[colour]", "there is no setting colour"),
        ("[accounts.anna]\npassphrase = 'x'", "there is no setting accounts.anna.passphrase"),
        (
            "[accounts.anna]\npasphrase_file = 'x'",
            "there is no setting accounts.anna.pasphrase_file; did you mean accounts.anna.passphrase_file?",
        ),
    ] {
        machine.file("etc.toml", text);
        assert_eq!(machine.error(), format!("{path}: {said}"));
    }
}

#[test]
fn a_wrong_value_is_an_error_that_says_what_is_expected() {
    let machine = Machine::new();
    for (text, said) in [
        ("http = '8480'", "http must be an address and a port"),
        ("http = 8480", "http must be a text"),
        ("http = ['127.0.0.1:1']", "http must be an address and a port"),
        ("[http]\nlisten = 'x'", "http must be a text"),
        ("data = ''", "data must be a path"),
        ("listen = ['here']", "listen must be multiaddrs"),
        ("listen = [1]", "listen must be a text"),
        ("profile = 'Home'", "profile must be one of"),
        ("profile = true", "profile must be one of"),
        ("mailbox = 'yes'", "mailbox must be one of off, vouchers, open"),
        ("[mailbox]\nfor = 'all'", "mailbox must be a text"),
        ("[relay]\nserve = 'yes'", "relay.serve must be true or false"),
        ("[relay]\nallow = ['me']", "relay.allow must be peer ids"),
        ("registration = 'yes'", "registration must be one of"),
        ("public_url = 'chat.example'", "public_url must be a URL"),
        ("public_url = 'https://'", "public_url must be a URL"),
        ("public_url = 'https://chat.example/sub'", "public_url must be a URL"),
        ("data = ", "TOML parse error at line 1"),
    ] {
        machine.file("etc.toml", text);
        let error = machine.error();
        assert!(error.contains(said) && error.contains("etc.toml"), "{text}: {error}");
    }
}

#[test]
fn a_named_file_must_exist_and_a_home_too_unless_the_data_folder_is_named() {
    let mut machine = Machine::new();
    machine.flags.config = Some("/nowhere/tidings.toml".into());
    assert_eq!(machine.error(), "there is no file /nowhere/tidings.toml");
    machine.flags.config = None;
    machine.environment.clear();
    assert!(machine.error().contains("--data"));
    machine.flags.data = Some("/srv/t".into());
    assert_eq!(machine.load().unwrap().data.origin, Origin::Flag("--data"));
}
