//! How much may wait for a line.

use spice_proto::Flow;

/// A line of `rate` bytes a second that is always kept full, for so many seconds.
fn after(mut flow: Flow, rate: f64, seconds: f64) -> Flow {
    let step = 0.004;
    let mut now = 0.0;
    while now < seconds {
        flow.sent(now, (rate * step) as usize, 1000);
        now += step;
    }
    flow
}

#[test]
fn what_waits_lasts_for_a_moment_on_any_line() {
    for (rate, least, most) in
        [(1e5, 32e3, 33e3), (1e7, 180e3, 220e3), (1e8, 1.8e6, 2.2e6), (4e9, 4e6, 4.2e6)]
    {
        let flow = after(Flow::default(), rate, 0.5);
        let ahead = flow.ahead() as f64;
        assert!(ahead >= least && ahead <= most, "{ahead} at {rate}");
        assert!(flow.budget() <= 1 << 20);
    }
}

#[test]
fn a_line_that_takes_everything_is_believed_to_be_faster() {
    let mut flow = after(Flow::default(), 1e6, 0.5);
    let slow = flow.ahead();
    for now in 0..50 {
        flow.sent(f64::from(now), 100 << 10, 0);
    }
    assert!(flow.ahead() > 4 * slow);
}

#[test]
fn little_words_say_nothing_about_the_line() {
    let mut flow = Flow::default();
    let before = flow.ahead();
    for now in 0..1000 {
        flow.sent(f64::from(now), 100, 0);
    }
    assert_eq!(flow.ahead(), before);
}

#[test]
fn a_pause_in_which_nothing_waited_does_not_count() {
    let mut flow = after(Flow::default(), 1e8, 0.5);
    let before = flow.ahead();
    flow.sent(1.0, 1000, 0);
    flow.sent(100.0, 1000, 0);
    assert!(flow.ahead() >= before / 2);
}
