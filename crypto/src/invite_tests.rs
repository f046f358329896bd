//! Tests of `invite.rs`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;

/// `/ip4/192.0.2.1/udp/4001/quic-v1` and `/ip4/192.0.2.1/tcp/4001` in binary.
const QUIC: [u8; 11] = [4, 192, 0, 2, 1, 0x91, 2, 0x0f, 0xa1, 0xcd, 3];
const TCP: [u8; 8] = [4, 192, 0, 2, 1, 6, 0x0f, 0xa1];

fn link(addresses: Vec<Vec<u8>>) -> InviteLink {
    InviteLink {
        secret: [0x5e; 16],
        account: AccountId::from_bytes([2; 32]),
        node: NodeId::from_bytes([3; 32]),
        expires: 1_900_000_000,
        addresses,
        group: None,
    }
}

fn into_group(addresses: Vec<Vec<u8>>) -> InviteLink {
    let mut link = link(addresses);
    link.group = Some(ConversationId::from_bytes([7; 32]));
    link
}

// REQ-JOIN-1
#[test]
fn a_link_into_a_group_says_so_and_reads_back() {
    let link = into_group(vec![QUIC.to_vec(), TCP.to_vec(), TCP.to_vec()]);
    let url = link.to_url("https://chat.example.org").unwrap();
    assert!(url.starts_with("https://chat.example.org/i#g1.") && url.len() <= 242, "{}", url.len());
    assert_eq!(InviteLink::parse(&url).unwrap(), link);
    // Neither kind passes for the other.
    assert_eq!(InviteLink::parse(&url.replace("#g1.", "#v1.")), Err(InviteError::Malformed));
    let contact = self::link(vec![]).to_url("https://a.example").unwrap();
    assert_eq!(InviteLink::parse(&contact.replace("#v1.", "#g1.")), Err(InviteError::Malformed));
    assert_eq!(InviteLink::parse(&url.replace("#g1.", "#g2.")), Err(InviteError::WrongVersion));
}

// REQ-JOIN-1
#[test]
fn the_mac_of_a_link_into_a_group_holds_for_that_group_only() {
    let link = into_group(vec![]);
    let mac = link.mac(b"request");
    let mut other = link.clone();
    other.group = Some(ConversationId::from_bytes([8; 32]));
    assert!(link.verify_mac(b"request", &mac));
    assert!(!other.verify_mac(b"request", &mac));
    assert!(!self::link(vec![]).verify_mac(b"request", &mac));
}

#[test]
fn a_link_reads_back_whatever_stands_before_the_hash() {
    let link = link(vec![QUIC.to_vec(), TCP.to_vec()]);
    let url = link.to_url("https://chat.example/").unwrap();
    assert!(url.starts_with("https://chat.example/i#v1."));
    assert_eq!(InviteLink::parse(&url).unwrap(), link);
    let fragment = url.split_once('#').unwrap().1;
    assert_eq!(InviteLink::parse(&format!(" evil.example/x#{fragment}\n")).unwrap(), link);
}

#[test]
fn a_link_with_a_short_host_has_167_to_199_characters() {
    let relayed = [&TCP[..], &[0xa5, 3, 34], &[7; 34]].concat();
    let shortest = link(vec![TCP.to_vec()]).to_url("http://192.168.1.20:7171").unwrap();
    let usual = link(vec![QUIC.to_vec(), TCP.to_vec()]).to_url("http://192.168.1.20:7171").unwrap();
    let longest = link(vec![QUIC.to_vec(), TCP.to_vec(), TCP.to_vec()]).to_url("https://chat.example.org").unwrap();
    for url in [&usual, &longest] {
        assert!((167..=199).contains(&url.len()), "{}", url.len());
    }
    assert!(shortest.len() < usual.len());
    // A relay address names the relay's key too and does not fit the figure; it is still a valid link.
    assert!(InviteLink::parse(&link(vec![relayed]).to_url("https://a.example").unwrap()).is_ok());
}

#[test]
fn other_texts_are_told_apart() {
    let url = link(vec![]).to_url("https://a.example").unwrap();
    assert_eq!(InviteLink::parse("https://a.example/i"), Err(InviteError::NotALink));
    assert_eq!(InviteLink::parse("https://a.example/i#about"), Err(InviteError::NotALink));
    assert_eq!(InviteLink::parse("https://a.example/i#v.abc"), Err(InviteError::NotALink));
    assert_eq!(InviteLink::parse(""), Err(InviteError::NotALink));
    assert_eq!(InviteLink::parse(&url.replace("#v1.", "#v2.")), Err(InviteError::WrongVersion));
    assert_eq!(InviteLink::parse("x#v1."), Err(InviteError::Malformed));
    assert_eq!(InviteLink::parse(&format!("{url}*")), Err(InviteError::Malformed));
    assert_eq!(InviteLink::parse(&format!("{url}AAAA")), Err(InviteError::Malformed));
}

// REQ-INV-1
#[test]
fn a_link_cut_short_anywhere_is_refused() {
    for link in [link(vec![TCP.to_vec()]), into_group(vec![TCP.to_vec()])] {
        let url = link.to_url("https://a.example").unwrap();
        let start = url.find("1.").unwrap() + 2;
        for end in start..url.len() {
            assert!(InviteLink::parse(&url[..end]).is_err(), "{end}");
        }
    }
}

#[test]
fn a_version_byte_inside_that_is_not_ours_is_named() {
    let mut bytes = vec![2];
    bytes.extend_from_slice(&[0; 85]);
    let text = format!("x#v1.{}", data_encoding::BASE64URL_NOPAD.encode(&bytes));
    assert_eq!(InviteLink::parse(&text), Err(InviteError::WrongVersion));
}

#[test]
fn too_many_and_too_long_addresses_are_refused_in_both_directions() {
    for addresses in [vec![TCP.to_vec(); 4], vec![vec![1; MAX_ADDRESS + 1]], vec![vec![]]] {
        let link = link(addresses);
        assert_eq!(link.to_url("https://a.example"), Err(InviteError::Malformed));
        let frame = Frame {
            version: 1,
            secret: link.secret,
            account: link.account,
            node: link.node,
            expires: link.expires,
            addresses: link.addresses.iter().map(|a| TlsByteVecU8::new(a.clone())).collect(),
        };
        let text = format!("x#v1.{}", data_encoding::BASE64URL_NOPAD.encode(&encode(&frame)));
        assert_eq!(InviteLink::parse(&text), Err(InviteError::Malformed));
    }
}

// REQ-INV-3
#[test]
fn only_the_holder_of_the_secret_makes_the_mac() {
    let link = link(vec![]);
    let mut other = link.clone();
    other.secret[0] ^= 1;
    let mut other_account = link.clone();
    other_account.account = AccountId::from_bytes([9; 32]);
    let mac = link.mac(b"request");
    assert!(link.verify_mac(b"request", &mac));
    assert!(!link.verify_mac(b"requesT", &mac));
    assert!(!other.verify_mac(b"request", &mac));
    assert!(!other_account.verify_mac(b"request", &mac));
}

#[test]
fn a_truncated_or_empty_mac_is_refused() {
    let link = link(vec![]);
    let mac = link.mac(b"request");
    for end in 0..32 {
        assert!(!link.verify_mac(b"request", &mac[..end]));
    }
}

#[test]
fn the_public_id_does_not_contain_the_secret() {
    let link = link(vec![]);
    assert_ne!(link.id(), link.secret);
    let printed = format!("{link:?}");
    assert!(!printed.contains("94") && !printed.contains("5e5e"));
}
