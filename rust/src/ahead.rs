//! Decoding ahead: while one image is drawn, the next ones that wait in the channel are decoded on other threads.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, OnceLock};

use bytes::Bytes;
use rayon::{ThreadPool, ThreadPoolBuilder};
use spice_canvas::{DecodeJob, Decoded};
use spice_wire::messages::display::FromServer;
use spice_wire::messages::image::ImageType;

use crate::channel::Channel;
use crate::sync::lock;

/// Bytes of coded data from which a thread is worth its while.
const WORTH: usize = 32 << 10;
/// Packets looked at in one go.
const FAR: usize = 64;
/// Pixels decoded ahead at a time: three 1080p pictures, 24 MB.
const PIXELS: u64 = 3 * 1920 * 1080;

/// Images that are being decoded before their turn, in the order of the channel.
#[derive(Default)]
pub(crate) struct Ahead {
    started: VecDeque<Started>,
    /// Packets to be taken before it is worth to look again.
    skip: usize,
}

/// A message that was read, and whose image is being decoded.
struct Started {
    /// The body; its address identifies the packet, and as long as it is held here nothing else can have that address.
    body: Bytes,
    message: FromServer,
    decoded: Receiver<Decoded>,
}

impl Ahead {
    /// Starts decoding what is worth it, if two or more such images wait. The first of them is left to whoever draws,
    /// who decodes it right onto the surface meanwhile.
    pub(crate) fn look(&mut self, channel: &Channel, canvas: &Mutex<spice_canvas::Canvas>) {
        if !self.started.is_empty() {
            return;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        let bodies = candidates(channel);
        let Some((threads, pool)) = (bodies.len() > 1).then(pool).flatten() else {
            self.skip = bodies.len();
            return;
        };
        let jobs = bodies.into_iter().filter_map(|(id, body)| job(channel, canvas, id, body));
        let mut pixels = 0;
        let affordable = jobs.skip(1).take(threads - 1).take_while(|(.., job)| {
            pixels += job.pixels();
            pixels <= PIXELS
        });
        self.started =
            affordable.map(|(body, message, job)| start(pool, canvas, body, message, job)).collect();
        if self.started.is_empty() {
            self.skip = FAR;
        }
    }

    /// What was started for this packet, once it is done.
    pub(crate) fn take(&mut self, packet: &spice_proto::Packet) -> Option<(FromServer, Option<Decoded>)> {
        let front = self.started.front()?;
        if packet.body.is_empty() || front.body.as_ptr() != packet.body.as_ptr() {
            return None;
        }
        let Started { message, decoded, .. } = self.started.pop_front()?;
        // A thread that died has nothing to say; the image is then decoded here.
        Some((message, decoded.recv().ok()))
    }
}

/// Big bodies that wait in the channel. The lock is held for as long as it takes to look at a few dozen packets.
fn candidates(channel: &Channel) -> Vec<(u16, Bytes)> {
    let transport = lock(channel.transport());
    if transport.framer().waiting_bytes() < 2 * WORTH {
        return Vec::new();
    }
    let big = transport.ahead().take(FAR).filter(|packet| packet.body.len() >= WORTH);
    big.map(|packet| (packet.id, packet.body.clone())).collect()
}

/// The message in a body and the decoding of its image, where that takes long and needs nothing else.
fn job(
    channel: &Channel,
    canvas: &Mutex<spice_canvas::Canvas>,
    id: u16,
    body: Bytes,
) -> Option<(Bytes, FromServer, DecodeJob)> {
    let message = FromServer::read(id, &body, &channel.origin().limits).ok()?;
    let job = lock(canvas).job(&message)?;
    // The other codecs are hardly slower than the copy onto the surface that decoding elsewhere costs.
    let slow = matches!(job.kind(), ImageType::QUIC | ImageType::JPEG | ImageType::JPEG_ALPHA);
    (slow && job.coded_len() >= WORTH).then_some((body, message, job))
}

fn start(
    pool: &ThreadPool,
    canvas: &Mutex<spice_canvas::Canvas>,
    body: Bytes,
    message: FromServer,
    job: DecodeJob,
) -> Started {
    let (done, decoded) = sync_channel(1);
    let spare = lock(canvas).spare();
    pool.spawn(move || {
        // Nobody waits any more where the display has been dropped.
        let _ = done.send(job.run_in(spare));
    });
    Started { body, message, decoded }
}

/// The threads that decode, and how many; made when first needed. None where there is one processor, or no thread to
/// be had.
fn pool() -> Option<(usize, &'static ThreadPool)> {
    static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();
    let start = || {
        let threads = std::thread::available_parallelism().ok()?.get();
        let builder = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|index| format!("spice-decode-{index}"));
        (threads > 1).then(|| builder.build().ok())?
    };
    POOL.get_or_init(start).as_ref().map(|pool| (pool.current_num_threads(), pool))
}
