//! Forged, foreign and stale tokens (VERIFY 5.1, 10).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;

const NOW: u64 = 1_800_000_000;

fn node(seed: u8) -> AccessKey {
    AccessKey::new(&Zeroizing::new([seed; 32]), "12D3node".to_owned())
}

fn claims() -> serde_json::Value {
    serde_json::json!({"iss": "12D3node", "aud": "tidings", "sub": "acc1x", "sid": "00", "iat": NOW, "exp": NOW + ACCESS_SECONDS})
}

fn signed(header: &str, claims: &serde_json::Value) -> String {
    compact(&node(1).key, header.as_bytes(), &serde_json::to_vec(claims).unwrap())
}

fn refused(token: &str) -> bool {
    node(1).check(token, NOW) == Err(IdentityError::Unauthenticated)
}

#[test]
fn the_signature_is_that_of_rfc_8037_appendix_a_4() {
    let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    let key = SigningKey::from_bytes(&seed.try_into().unwrap());
    assert_eq!(
        compact(&key, br#"{"alg":"EdDSA"}"#, b"Example of Ed25519 signing"),
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
}

#[test]
fn a_token_counts_for_fifteen_minutes_and_not_a_second_longer() {
    let token = node(1).issue("acc1x", "00", NOW);
    for now in [NOW, NOW + ACCESS_SECONDS - 1, NOW - SKEW_SECONDS] {
        assert_eq!(node(1).check(&token, now).unwrap().sub, "acc1x");
    }
    for now in [NOW + ACCESS_SECONDS, NOW - SKEW_SECONDS - 1, u64::MAX] {
        assert!(node(1).check(&token, now).is_err(), "{now}");
    }
}

#[test]
fn another_header_is_refused_even_under_our_key() {
    assert!(!refused(&signed(HEADER, &claims())), "the control must pass");
    for header in [
        r#"{"alg":"none","typ":"JWT"}"#,
        r#"{"alg":"None"}"#,
        r#"{"alg":"nOnE"}"#,
        r#"{"alg":"HS256","typ":"JWT"}"#,
        r#"{"alg":"ES256","typ":"JWT"}"#,
        r#"{"alg":"EdDSA","typ":"JWT","kid":"../../etc/passwd"}"#,
        r#"{"alg":"EdDSA","typ":"JWT","kid":"' OR 1=1 --"}"#,
        r#"{"alg":"EdDSA","typ":"JWT","jku":"https://evil.example/keys"}"#,
        r#"{"alg":"EdDSA","typ":"JWT","jwk":{"kty":"OKP"}}"#,
        r#"{"typ":"JWT","alg":"EdDSA"}"#,
        r#"{"alg":"EdDSA"}"#,
        "",
    ] {
        assert!(refused(&signed(header, &claims())), "{header}");
    }
}

#[test]
fn claims_that_are_not_exactly_ours_are_refused_even_under_our_key() {
    let far = u64::MAX;
    for (name, value) in [
        ("iss", serde_json::json!("12D3other")),
        ("iss", serde_json::json!(["12D3node"])),
        ("aud", serde_json::json!("reset")),
        ("exp", serde_json::json!("never")),
        ("exp", serde_json::json!(far)),
        ("exp", serde_json::json!(NOW)),
        ("exp", serde_json::json!(NOW + ACCESS_SECONDS + 1)),
        ("exp", serde_json::Value::Null),
        ("iat", serde_json::json!(NOW + SKEW_SECONDS + 1)),
        ("iat", serde_json::json!(-1)),
        ("nbf", serde_json::json!(NOW + 1)),
        ("type", serde_json::json!("reset")),
        ("nonce", serde_json::json!("id token")),
    ] {
        let mut changed = claims();
        changed[name] = value.clone();
        assert!(refused(&signed(HEADER, &changed)), "{name} = {value}");
    }
    for name in ["iss", "aud", "sub", "sid", "iat", "exp"] {
        let mut short = claims();
        short.as_object_mut().unwrap().remove(name);
        assert!(refused(&signed(HEADER, &short)), "without {name}");
    }
}

#[test]
fn a_signature_that_is_not_ours_is_refused() {
    let token = signed(HEADER, &claims());
    let (body, _) = token.rsplit_once('.').unwrap();
    let foreign = node(2).issue("acc1x", "00", NOW);
    let by_hs256 = {
        // HS256 over the public key is the classic confusion; here the MAC is any 32 bytes, since it is never computed.
        format!(
            "{}.{}.{}",
            URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#),
            body.split_once('.').unwrap().1,
            URL_SAFE_NO_PAD.encode([7; 32])
        )
    };
    for bad in [
        foreign,
        by_hs256,
        format!("{body}."),
        body.to_owned(),
        format!("{body}.{}", URL_SAFE_NO_PAD.encode([0; 64])),
        format!("{token}."),
    ] {
        assert!(refused(&bad), "{bad}");
    }
}

#[test]
fn junk_of_any_length_is_refused_without_a_panic() {
    for junk in ["", ".", "..", "...", "a.b.c", "é.é.é", &"a".repeat(1 << 20), &format!("{}..", "a".repeat(1000))] {
        assert!(refused(junk));
    }
}

#[test]
fn every_changed_character_is_noticed() {
    let token = node(1).issue("acc1x", "00", NOW);
    for place in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(changed == token || refused(&changed), "place {place}");
    }
}
