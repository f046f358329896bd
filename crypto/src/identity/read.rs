//! Reading an identity log: the checks every log passes before anybody else sees it.

use super::entry::{Body, DeviceRecord, Genesis, SignedEntry};
use super::log::{IdentityLog, LogFrame, VERSION};
use super::{IdentityError, MAX_DEVICES, MAX_LOG};
use crate::codec::decode_exact;
use crate::id::DeviceId;

/// Reads the byte form and verifies it.
pub(super) fn parse(bytes: &[u8]) -> Result<IdentityLog, IdentityError> {
    if bytes.len() > MAX_LOG {
        return Err(IdentityError::TooLarge);
    }
    let LogFrame { version, entries } = decode_exact(bytes)?;
    if version != VERSION {
        return Err(IdentityError::Malformed);
    }
    verified(entries)
}

/// The log with these entries, if they are one: genesis first, each naming the one before, all signed by the root key.
pub(super) fn verified(entries: Vec<SignedEntry>) -> Result<IdentityLog, IdentityError> {
    let (first, rest) = entries.split_first().ok_or(IdentityError::Malformed)?;
    let genesis = genesis_of(first)?;
    let mut log = IdentityLog {
        account: first.account(),
        root: genesis.root,
        heads: vec![first.hash()],
        devices: Vec::new(),
        homes: Vec::new(),
        entries: Vec::new(),
    };
    for entry in rest {
        take(&mut log, entry)?;
    }
    log.entries = entries;
    Ok(log)
}

fn genesis_of(first: &SignedEntry) -> Result<Genesis, IdentityError> {
    match first.body()? {
        Body::Genesis(genesis) if *first.previous() == [0; 32] => {
            first.verify(&genesis.root)?;
            Ok(genesis)
        }
        Body::Genesis(_) | Body::AddDevice(_) | Body::SetHome(_) => Err(IdentityError::Chain),
    }
}

fn take(log: &mut IdentityLog, entry: &SignedEntry) -> Result<(), IdentityError> {
    if *entry.previous() != log.head() {
        return Err(IdentityError::Chain);
    }
    entry.verify(&log.root)?;
    match entry.body()? {
        Body::Genesis(_) => return Err(IdentityError::Chain),
        Body::AddDevice(device) => take_device(log, device)?,
        Body::SetHome(homes) => log.homes = homes,
    }
    log.heads.push(entry.hash());
    Ok(())
}

fn take_device(log: &mut IdentityLog, device: DeviceRecord) -> Result<(), IdentityError> {
    // The root key signs identity logs only: as a device key it would sign in two roles.
    if !device.device_key.is_valid() || device.device_key == log.root {
        return Err(IdentityError::DeviceKey);
    }
    let id = DeviceId::derive(&log.account, &device.device_key);
    if let Some((_, known)) = log.devices.iter_mut().find(|(known, _)| *known == id) {
        *known = device;
        return Ok(());
    }
    if log.devices.len() >= MAX_DEVICES {
        return Err(IdentityError::TooManyDevices);
    }
    log.devices.push((id, device));
    Ok(())
}
