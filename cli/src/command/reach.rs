//! How the node can be reached, in words: what `up` and `status` say. Nothing is promised that is not known.

use tidings_api::{Reach, ReachKind};

/// One or more sentences.
pub(super) fn lines(reach: &Reach) -> Vec<String> {
    let mut lines = vec![match reach.kind {
        ReachKind::Direct => format!("Reachable directly: another node has done so at {}.", reach.addresses.join(", ")),
        ReachKind::Unchecked => {
            format!("Reachable at {} if nothing stands in the way; nobody has checked.", reach.addresses.join(", "))
        }
        ReachKind::Relayed => format!("Reachable through relay {}.", relays(reach, true).join(", ")),
        ReachKind::Local => "Reachable on this network only.".to_owned(),
    }];
    let silent = relays(reach, false);
    if !silent.is_empty() {
        lines.push(format!("No place at relay {}; it is asked again each minute.", silent.join(", ")));
    } else if reach.kind == ReachKind::Local {
        lines.push(
            "From elsewhere: add a relay with `tidings up --relay MULTIADDR`, or forward the port and set `external`."
                .to_owned(),
        );
    }
    lines
}

fn relays(reach: &Reach, reserved: bool) -> Vec<&str> {
    reach.relays.iter().filter(|relay| relay.reserved == reserved).map(|relay| relay.peer_id.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use tidings_api::ReachRelay;

    use super::*;

    fn said(kind: ReachKind, relays: &[(&str, bool)]) -> String {
        let relay =
            |(peer_id, reserved): &(&str, bool)| ReachRelay { peer_id: (*peer_id).to_owned(), reserved: *reserved };
        let addresses = vec!["/ip4/192.0.2.1/tcp/1".to_owned()];
        lines(&Reach { kind, addresses, relays: relays.iter().map(relay).collect() }).join(" ")
    }

    // REQ-NET-5
    #[test]
    fn each_way_to_be_reached_has_its_words() {
        let local = said(ReachKind::Local, &[]);
        assert!(local.starts_with("Reachable on this network only.") && local.contains("add a relay with"), "{local}");
        let refused = said(ReachKind::Local, &[("12D3", false)]);
        assert!(refused.contains("network only") && refused.contains("No place at relay 12D3"), "{refused}");
        assert!(!refused.contains("add a relay"), "{refused}");
        assert_eq!(said(ReachKind::Relayed, &[("12D3", true)]), "Reachable through relay 12D3.");
        let half = said(ReachKind::Relayed, &[("one", true), ("two", false)]);
        assert!(half.contains("through relay one.") && half.contains("No place at relay two"), "{half}");
        assert!(said(ReachKind::Direct, &[]).starts_with("Reachable directly"));
        assert!(said(ReachKind::Unchecked, &[]).contains("nobody has checked"));
    }
}
