//! What changes all the time becomes a video, and exact again when it rests.

mod common;

use common::{Client, noise, picture, screen};
use spice_canvas::Area;
use spice_screen::{Screen, Settings, Streaming};
use spice_wire::messages::display::{FromServer, StreamData, StreamReport};

const PLACE: (i32, i32) = (100, 70);
const WIDE: usize = 320;
const HIGH: usize = 240;

fn settings(streaming: Streaming) -> Settings {
    Settings { streaming, reports: true, ..Settings::default() }
}

/// A picture of something smooth that changes everywhere.
fn frame(number: u32) -> Vec<u32> {
    let (one, two) = (f64::from(number) / 3.0).sin_cos();
    let pixel = |at: usize| {
        let (x, y) = ((at % WIDE) as f64, (at / WIDE) as f64);
        let value = (128.0 + 50.0 * one * (x / 17.0).sin() + 50.0 * two * (y / 19.0).cos()) as u32;
        value << 16 | (255 - value) << 8 | (value / 2)
    };
    (0..WIDE * HIGH).map(pixel).collect()
}

struct Scene {
    screen: Screen,
    client: Client,
    frame: u32,
}

impl Scene {
    fn new(streaming: Streaming) -> Self {
        Self::with(settings(streaming))
    }

    fn with(settings: Settings) -> Self {
        let mut screen = screen(640, 480);
        screen.draw(&picture(&noise(640 * 480, 9), 640), 0, 0);
        let mut client = Client::with_window(&mut screen, settings, 20);
        client.now = 100.0;
        client.rest(&mut screen);
        client.forget();
        Self { screen, client, frame: 0 }
    }

    /// Shows so many pictures, 25 a second; `beside` draws on the screen as well.
    fn play(&mut self, frames: u32, mut beside: impl FnMut(&mut Screen, u32)) {
        for _ in 0..frames {
            self.frame += 1;
            self.client.now += 0.04;
            self.screen.draw(&picture(&frame(self.frame), WIDE), PLACE.0, PLACE.1);
            beside(&mut self.screen, self.frame);
            self.client.step(&mut self.screen, usize::MAX);
            self.client.receive();
        }
    }

    /// The same with something in front of the pictures.
    fn play_with(&mut self, frames: u32, before: impl Fn(&mut [u32])) {
        for _ in 0..frames {
            self.frame += 1;
            self.client.now += 0.04;
            let mut pixels = frame(self.frame);
            before(&mut pixels);
            self.screen.draw(&picture(&pixels, WIDE), PLACE.0, PLACE.1);
            self.client.step(&mut self.screen, usize::MAX);
            self.client.receive();
        }
    }

    fn count(&self, name: &str) -> usize {
        self.client.names().iter().filter(|found| **found == name).count()
    }

    fn frames(&self) -> Vec<&StreamData> {
        let messages = self.client.messages.iter();
        messages
            .filter_map(|message| if let FromServer::StreamData(data) = message { Some(data) } else { None })
            .collect()
    }
}

#[test]
fn a_video_is_found_and_shown_and_ends_exactly() {
    let mut scene = Scene::new(Streaming::Filter);
    scene.play(19, |_, _| {});
    assert_eq!(scene.count("video"), 0);
    scene.play(41, |_, _| {});
    assert_eq!((scene.count("video"), scene.count("report")), (1, 1));
    let FromServer::StreamCreate(create) =
        scene.client.messages.iter().find(|m| matches!(m, FromServer::StreamCreate(_))).unwrap()
    else {
        unreachable!()
    };
    let (left, top) = (create.destination.left, create.destination.top);
    assert_eq!(
        (left, top, create.stream_width as usize, create.stream_height as usize),
        (100, 70, WIDE, HIGH)
    );
    let frames = scene.frames();
    assert!(frames.len() > 25, "{} pictures", frames.len());
    let last = frames[frames.len() - 1].multi_media_time;
    assert!((102_000..103_500).contains(&last), "{last} is about now");
    assert!(frames.windows(2).all(|pair| pair[0].multi_media_time < pair[1].multi_media_time));
    scene.client.rest(&mut scene.screen);
    assert_eq!(scene.count("end"), 1);
    scene.client.agrees(&scene.screen);
}

#[test]
fn off_is_off_and_text_is_no_video_unless_all_are() {
    let mut off = Scene::new(Streaming::Off);
    off.play(60, |_, _| {});
    assert_eq!(off.count("video"), 0);
    let text = |screen: &mut Screen, number: u32| {
        let pixels: Vec<u32> =
            noise(200 * 150, number).iter().map(|p| if p % 9 == 0 { 0 } else { 0xff_ffff }).collect();
        screen.draw(&picture(&pixels, 200), 430, 320);
    };
    for (mode, videos) in [(Streaming::Filter, 1), (Streaming::All, 2)] {
        let mut scene = Scene::new(mode);
        scene.play(60, text);
        assert_eq!(scene.count("video"), videos, "{mode:?}");
        scene.client.rest(&mut scene.screen);
        scene.client.agrees(&scene.screen);
    }
}

#[test]
fn what_stands_still_in_a_video_is_left_out_of_it_and_exact() {
    let mut scene = Scene::new(Streaming::Filter);
    let popup = noise(130 * 130, 77);
    scene.play(30, |_, _| {});
    scene.play_with(60, |pixels| {
        for (y, row) in popup.chunks(130).enumerate() {
            pixels[(y + 30) * WIDE + 20..][..130].copy_from_slice(row);
        }
    });
    assert!(scene.count("clip") >= 1);
    let (shows, pixels) = (scene.client.shows(), scene.screen.pixels());
    // A square of the watched grid that lies under what stands still.
    let same = |x: usize, y: usize| shows[y * 640 + x] == pixels[y * 640 + x];
    assert!((128..192).all(|y| (128..192).all(|x| same(x, y))));
    assert!(!(128..192).all(|y| (256..320).all(|x| same(x, y))));
    scene.client.rest(&mut scene.screen);
    scene.client.agrees(&scene.screen);
}

#[test]
fn a_client_that_takes_little_gets_fewer_and_smaller_pictures() {
    let size = |scene: &Scene| {
        let frames = scene.frames();
        let bytes: usize = frames.iter().rev().take(10).map(|frame| frame.data.bytes.len()).sum();
        (frames.len(), bytes / 10)
    };
    let mut content = Scene::new(Streaming::Filter);
    content.play(120, |_, _| {});
    let mut complaining = Scene::new(Streaming::Filter);
    complaining.play(40, |_, _| {});
    for _ in 0..16 {
        complaining.play(5, |_, _| {});
        let report = StreamReport {
            stream_id: 0,
            unique_id: 1,
            start_frame_time: 0,
            end_frame_time: 0,
            num_frames: 5,
            num_drops: 4,
            last_frame_delay: -300,
            audio_delay: u32::MAX,
        };
        complaining.client.view.report(&report);
    }
    let (many, large) = size(&content);
    let (few, small) = size(&complaining);
    assert!(few < many && small * 3 < large * 2, "{few} of {small} bytes for {many} of {large}");
}

#[test]
fn a_client_that_cannot_show_videos_gets_images() {
    let mut scene = Scene::new(Streaming::Filter);
    scene.play(40, |_, _| {});
    let report = StreamReport {
        stream_id: 0,
        unique_id: 1,
        start_frame_time: 0,
        end_frame_time: 0,
        num_frames: 0,
        num_drops: u32::MAX,
        last_frame_delay: 0,
        audio_delay: u32::MAX,
    };
    scene.client.view.report(&report);
    scene.client.forget();
    scene.play(40, |_, _| {});
    assert_eq!((scene.count("frame"), scene.count("video"), scene.count("end")), (0, 0, 1));
    scene.client.rest(&mut scene.screen);
    scene.client.agrees(&scene.screen);
}

#[test]
fn a_new_size_ends_all_videos() {
    let mut scene = Scene::new(Streaming::Filter);
    scene.play(40, |_, _| {});
    scene.client.forget();
    scene.screen.resize(700, 500).unwrap();
    scene.client.rest(&mut scene.screen);
    assert_eq!(scene.client.names()[..3], ["end", "destroy", "create"]);
    scene.client.agrees(&scene.screen);
}

#[test]
fn what_is_moved_out_of_a_video_is_right() {
    let mut scene = Scene::new(Streaming::Filter);
    scene.play(60, |screen, number| {
        if number % 7 == 0 {
            screen.copy(Area { left: 150, top: 100, right: 250, bottom: 200 }, 450, 330);
        }
    });
    scene.client.rest(&mut scene.screen);
    scene.client.agrees(&scene.screen);
}

#[test]
fn a_video_that_is_over_does_not_begin_again() {
    for draws_late in [false, true] {
        let mut scene = Scene::with(Settings { draws_late, ..settings(Streaming::All) });
        scene.play(60, |_, _| {});
        scene.client.rest(&mut scene.screen);
        assert_eq!((scene.count("video"), scene.count("end")), (1, 1));
        scene.client.agrees(&scene.screen);
    }
}
