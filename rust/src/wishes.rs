//! What a client can do and how it wants to be shown a screen, as Python says it.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;
use pyo3::types::PyDict;
use spice_screen::{Compression, Key, Settings, Streaming, Use};

use crate::errors;

/// Views so far: each has image ids of its own, so that displays which share a client's cache never mean each other's images.
static VIEWS: AtomicU64 = AtomicU64::new(1);

/// Pixels of a client's cache that are used at most, whatever it says: what it keeps is remembered here.
const MOST_KEPT: usize = 1 << 26;

/// The settings of a new view, from keyword arguments.
pub(crate) fn settings(wishes: Option<&Bound<'_, PyDict>>) -> PyResult<Settings> {
    let first_image = VIEWS.fetch_add(1, Ordering::Relaxed) << 32;
    let mut settings = Settings { key: key(), first_image, palettes: true, ..Settings::default() };
    for (name, value) in wishes.into_iter().flatten() {
        set(&mut settings, name.extract()?, &value)?;
    }
    Ok(settings)
}

fn set(settings: &mut Settings, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    match name {
        "monitors" => settings.monitors = value.extract()?,
        "compression" => settings.compression = compression(value.extract()?)?,
        "jpeg" => settings.jpeg = use_of(value.extract()?)?,
        "zlib" => settings.zlib = use_of(value.extract()?)?,
        "streaming" => settings.streaming = streaming(value.extract()?)?,
        "reports" => settings.reports = value.extract()?,
        "lz4" => settings.lz4 = value.extract()?,
        "browser" => (settings.draws_late, settings.palettes) = browser(value.extract()?),
        "first_image" => {
            settings.first_image = value.extract::<Option<u64>>()?.unwrap_or(settings.first_image)
        }
        "cache_pixels" => settings.cache_pixels = pixels(value.extract()?).min(MOST_KEPT),
        "bandwidth" => settings.bandwidth = bandwidth(value.extract()?).unwrap_or(settings.bandwidth),
        other => return Err(errors::wrong_type(format!("a view has no {other:?}"))),
    }
    Ok(())
}

/// What browsers do and cannot do, without a capability that says so: draw late, and palettes.
fn browser(is_one: bool) -> (bool, bool) {
    (is_one, !is_one)
}

/// A number of pixels that a client has named, which may be anything.
pub(crate) fn pixels(named: i64) -> usize {
    usize::try_from(named).unwrap_or(0)
}

/// A rate that can be.
pub(crate) fn bandwidth(rate: Option<f64>) -> Option<f64> {
    rate.filter(|rate| rate.is_finite() && *rate > 0.0)
}

fn compression(name: &str) -> PyResult<Compression> {
    Ok(match name {
        "auto" => Compression::Auto,
        "auto_glz" => Compression::AutoGlz,
        "auto_lz" => Compression::AutoLz,
        "quic" => Compression::Quic,
        "glz" => Compression::Glz,
        "lz" => Compression::Lz,
        "lz4" => Compression::Lz4,
        "off" => Compression::Off,
        other => return Err(errors::value(format!("{other:?} is no compression"))),
    })
}

fn use_of(name: &str) -> PyResult<Use> {
    Ok(match name {
        "auto" => Use::Auto,
        "always" => Use::Always,
        "never" => Use::Never,
        other => {
            return Err(errors::value(format!("\"auto\", \"always\" or \"never\" wanted, not {other:?}")));
        }
    })
}

fn streaming(name: &str) -> PyResult<Streaming> {
    Ok(match name {
        "off" => Streaming::Off,
        "filter" => Streaming::Filter,
        "all" => Streaming::All,
        other => return Err(errors::value(format!("\"off\", \"filter\" or \"all\" wanted, not {other:?}"))),
    })
}

/// Numbers that nobody outside can know.
pub(crate) fn key() -> Key {
    Key([1, 2, 3, 4].map(|number: u64| RandomState::new().hash_one(number)))
}
