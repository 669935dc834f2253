//! Decoding of several images at once: looks ahead over what waits in a channel.

use std::collections::VecDeque;
use std::sync::{Mutex, OnceLock};

use bytes::Bytes;
use rayon::prelude::*;
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
/// Pixels decoded in advance at a time: three 1080p pictures, 24 MB.
const PIXELS: u64 = 3 * 1920 * 1080;

/// Images that were decoded before their turn, in the order of the channel.
#[derive(Default)]
pub(crate) struct Ahead {
    prepared: VecDeque<Prepared>,
    /// Packets to be taken before it is worth to look again.
    skip: usize,
}

/// A message that was read, and its image decoded, before its turn.
struct Prepared {
    /// The body; its address identifies the packet, and as long as it is held here nothing else can have that address.
    body: Bytes,
    message: FromServer,
    decoded: Decoded,
}

impl Ahead {
    /// Decodes what is worth it, if two or more such images wait.
    pub(crate) fn look(&mut self, channel: &Channel, canvas: &Mutex<spice_canvas::Canvas>) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        let Some(pool) = self.is_empty().then(|| candidates(channel)).and_then(|bodies| self.worth(bodies))
        else {
            return;
        };
        let (threads, bodies) = pool;
        let mut jobs = Vec::new();
        let mut pixels = 0;
        for (id, body) in bodies {
            let Some((message, job)) = job(channel, canvas, id, &body) else { continue };
            pixels += job.pixels();
            if !jobs.is_empty() && pixels > PIXELS {
                break;
            }
            jobs.push((body, message, job));
        }
        if jobs.len() < 2 {
            self.skip = FAR;
            return;
        }
        let run = |(body, message, job): (Bytes, FromServer, DecodeJob)| Prepared {
            body,
            message,
            decoded: job.run(),
        };
        self.prepared = threads.install(|| jobs.into_par_iter().map(run).collect::<Vec<_>>()).into();
    }

    /// What was prepared for this packet.
    pub(crate) fn take(&mut self, packet: &spice_proto::Packet) -> Option<(FromServer, Decoded)> {
        let same = |prepared: &mut Prepared| {
            prepared.body.as_ptr() == packet.body.as_ptr() && !packet.body.is_empty()
        };
        let Prepared { message, decoded, .. } = self.prepared.pop_front_if(same)?;
        Some((message, decoded))
    }

    fn is_empty(&self) -> bool {
        self.prepared.is_empty()
    }

    fn worth(&mut self, bodies: Vec<(u16, Bytes)>) -> Option<(&'static ThreadPool, Vec<(u16, Bytes)>)> {
        if bodies.len() < 2 {
            // Whatever is big among them is further away than this, or alone.
            self.skip = bodies.len();
            return None;
        }
        pool().map(|pool| (pool, bodies))
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

/// The message in a body and the decoding of its image, where that takes time and needs nothing else.
fn job(
    channel: &Channel,
    canvas: &Mutex<spice_canvas::Canvas>,
    id: u16,
    body: &Bytes,
) -> Option<(FromServer, DecodeJob)> {
    let message = FromServer::read(id, body, &channel.origin().limits).ok()?;
    let job = lock(canvas).job(&message)?;
    // A bitmap is only copied, which a second thread cannot do any faster.
    (job.coded_len() >= WORTH && job.kind() != ImageType::BITMAP).then_some((message, job))
}

/// The threads that decode; made when first needed. None where there is one processor, or no thread to be had.
fn pool() -> Option<&'static ThreadPool> {
    static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();
    let start = || {
        let threads = std::thread::available_parallelism().ok()?.get();
        let builder = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|index| format!("spice-decode-{index}"));
        (threads > 1).then(|| builder.build().ok())?
    };
    POOL.get_or_init(start).as_ref()
}
