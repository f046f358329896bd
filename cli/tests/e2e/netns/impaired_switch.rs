//! A switch between network namespaces, as bad as it is told to be: delay, jitter, loss, duplication, reordering, and partitions.
//!
//! A program of its own, compiled by `link.rs` with rustc alone: the kernel of our machines has no netem, and a TAP device takes one ioctl, which
//! the lints of the workspace (no unsafe code) do not allow in a crate. Nothing but std.
//!
//! `impaired_switch TAP… [seed=1] [delay_ms=] [jitter_ms=] [loss=PERCENT] [dup=PERCENT] [reorder=PERCENT]`. The MAC address of a TAP's other side
//! ends with its number. Lines on stdin change it live and are answered by one line: settings as above; `split 0,1 2,3,4` cuts the switch in parts;
//! `heal` joins them. It ends with its stdin, having printed what it did.
//!
//! The fate of the n-th frame from a port to a port follows from the seed, whatever the timing.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, Read, Write};
use std::os::fd::AsRawFd;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

extern "C" {
    fn ioctl(file: i32, request: u64, ...) -> i32;
}

const TUNSETIFF: u64 = 0x4004_54ca;
/// IFF_TAP | IFF_NO_PI: whole Ethernet frames and nothing else.
const TAP_FRAMES: u16 = 0x0002 | 0x1000;
/// Frames under way beyond this are dropped, as a full queue would.
const QUEUE_MAX: usize = 20_000;
const FRAME_MAX: usize = 65_600;

#[derive(Clone, Copy, Default)]
struct Settings {
    delay_ms: f64,
    jitter_ms: f64,
    loss: f64,
    dup: f64,
    reorder: f64,
}

impl Settings {
    fn set(&mut self, name: &str, value: f64) -> Result<(), String> {
        match name {
            "delay_ms" => self.delay_ms = value,
            "jitter_ms" => self.jitter_ms = value,
            "loss" => self.loss = value,
            "dup" => self.dup = value,
            "reorder" => self.reorder = value,
            _ => return Err(format!("unknown setting {name}")),
        }
        Ok(())
    }
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn percent(&mut self, chance: f64) -> bool {
        self.fraction() * 100.0 < chance
    }
}

struct Frame {
    due: Instant,
    number: u64,
    to: usize,
    bytes: Vec<u8>,
}

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Frame {}
impl PartialOrd for Frame {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Frame {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.number).cmp(&(other.due, other.number))
    }
}

struct State {
    settings: Settings,
    /// The part of the switch each port is in.
    part: Vec<usize>,
    dice: Vec<Vec<Dice>>,
    queue: BinaryHeap<Reverse<Frame>>,
    number: u64,
    carried: u64,
    lost: u64,
    cut: u64,
}

impl State {
    fn accept(&mut self, from: usize, to: usize, bytes: &[u8]) {
        // Always the same number of throws a frame, so that what happens to one does not depend on what happened to another.
        let dice = &mut self.dice[from][to];
        let Settings { delay_ms, jitter_ms, loss, dup, reorder } = self.settings;
        let (lose, twice, hurry) = (dice.percent(loss), dice.percent(dup), dice.percent(reorder));
        let delay = delay_ms + jitter_ms * (2.0 * dice.fraction() - 1.0);
        if self.part[from] != self.part[to] {
            self.cut += 1;
            return;
        }
        if lose || self.queue.len() >= QUEUE_MAX {
            self.lost += 1;
            return;
        }
        let delay = if hurry { 0.0 } else { delay.max(0.0) };
        let due = Instant::now() + Duration::from_secs_f64(delay / 1e3);
        for _ in 0..=u8::from(twice) {
            self.number += 1;
            self.queue.push(Reverse(Frame { due, number: self.number, to, bytes: bytes.to_vec() }));
        }
    }
}

type Shared = Arc<(Mutex<State>, Condvar)>;

fn open_tap(name: &str) -> File {
    let file = OpenOptions::new().read(true).write(true).open("/dev/net/tun").expect("/dev/net/tun");
    let mut request = [0_u8; 40];
    request[..name.len()].copy_from_slice(name.as_bytes());
    request[16..18].copy_from_slice(&TAP_FRAMES.to_ne_bytes());
    let made = unsafe { ioctl(file.as_raw_fd(), TUNSETIFF, request.as_ptr()) };
    assert!(made == 0, "TAP {name}: {}", std::io::Error::last_os_error());
    file
}

fn receive(mut tap: File, from: usize, ports: usize, shared: &Shared) {
    let mut buffer = vec![0; FRAME_MAX];
    loop {
        // A TAP that is not up yet, or has gone with its namespace, says so by an error.
        let Ok(length) = tap.read(&mut buffer) else {
            thread::sleep(Duration::from_millis(20));
            continue;
        };
        if length < 14 {
            continue;
        }
        let (frame, everybody) = (&buffer[..length], buffer[0] & 1 == 1);
        let mut state = shared.0.lock().unwrap();
        for to in (0..ports).filter(|to| *to != from && (everybody || usize::from(frame[5]) == *to)) {
            state.accept(from, to, frame);
        }
        shared.1.notify_one();
    }
}

fn deliver(mut taps: Vec<File>, shared: &Shared) {
    let mut state = shared.0.lock().unwrap();
    loop {
        let now = Instant::now();
        let wait = state.queue.peek().map(|Reverse(frame)| frame.due.saturating_duration_since(now));
        state = match wait {
            Some(Duration::ZERO) => {
                let Some(Reverse(frame)) = state.queue.pop() else { continue };
                state.carried += 1;
                drop(state);
                // Full or gone: lost, as on a wire.
                drop(taps[frame.to].write(&frame.bytes));
                shared.0.lock().unwrap()
            }
            Some(wait) => shared.1.wait_timeout(state, wait).unwrap().0,
            None => shared.1.wait(state).unwrap(),
        };
    }
}

/// One word of a line or argument: a setting.
fn set(settings: &mut Settings, word: &str) -> Result<(), String> {
    let (name, value) = word.split_once('=').ok_or(format!("not NAME=VALUE: {word}"))?;
    settings.set(name, value.parse().map_err(|_| format!("not a number: {word}"))?)
}

fn obey(state: &mut State, line: &str) -> Result<(), String> {
    let mut words = line.split_whitespace().peekable();
    match words.peek() {
        Some(&"heal") => state.part.fill(0),
        Some(&"split") => {
            for (part, ports) in words.skip(1).enumerate() {
                for port in ports.split(',') {
                    let port: usize = port.parse().map_err(|_| format!("no port: {port}"))?;
                    *state.part.get_mut(port).ok_or(format!("no port: {port}"))? = part;
                }
            }
        }
        Some(_) => words.try_for_each(|word| set(&mut state.settings, word))?,
        None => {}
    }
    Ok(())
}

fn main() {
    let mut names = Vec::new();
    let (mut settings, mut seed) = (Settings::default(), 1);
    for argument in std::env::args().skip(1) {
        if let Some(value) = argument.strip_prefix("seed=") {
            seed = value.parse().expect("a seed");
        } else if argument.contains('=') {
            set(&mut settings, &argument).expect("a setting");
        } else {
            names.push(argument);
        }
    }
    let taps: Vec<File> = names.iter().map(|name| open_tap(name)).collect();
    let ports = taps.len();
    let dice =
        (0..ports as u64).map(|from| (0..ports as u64).map(|to| Dice(seed ^ (from << 40) ^ (to << 50))).collect());
    let state = State {
        settings,
        part: vec![0; ports],
        dice: dice.collect(),
        queue: BinaryHeap::new(),
        number: 0,
        carried: 0,
        lost: 0,
        cut: 0,
    };
    let shared: Shared = Arc::new((Mutex::new(state), Condvar::new()));
    for (from, tap) in taps.iter().enumerate() {
        let (tap, shared) = (tap.try_clone().expect("a second handle"), shared.clone());
        thread::spawn(move || receive(tap, from, ports, &shared));
    }
    let delivery = shared.clone();
    thread::spawn(move || deliver(taps, &delivery));
    println!("ready");
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        match obey(&mut shared.0.lock().unwrap(), &line) {
            Ok(()) => println!("ok"),
            Err(error) => println!("{error}"),
        }
    }
    let state = shared.0.lock().unwrap();
    println!("carried {} lost {} cut {}", state.carried, state.lost, state.cut);
}
