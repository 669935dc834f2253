//! Prime numbers for keys. The library that does everything else about keys makes them with the interpreter's lock held, which
//! stops a whole server for ten milliseconds.

use crypto_bigint::U512;
use crypto_primes::hazmat::{SetBits, SmallFactorsSieveFactory};
use crypto_primes::{Flavor, is_prime, sieve_and_find};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors;

/// A random prime number of 512 bits, the two highest of which are set, highest byte first. Runs detached. Raises ValueError.
#[pyfunction]
pub(crate) fn random_prime(py: Python<'_>) -> PyResult<Bound<'_, PyBytes>> {
    let prime = py.detach(find).ok_or_else(|| errors::value("no prime number was found"))?;
    Ok(PyBytes::new(py, prime.to_be_bytes().as_ref()))
}

fn find() -> Option<U512> {
    // A system that has no random numbers has no secrets: then this panics.
    let mut random = UnwrapErr(SysRng);
    let sieve = SmallFactorsSieveFactory::new(Flavor::Any, U512::BITS, SetBits::TwoMsb).ok()?;
    sieve_and_find(&mut random, sieve, |_, candidate| is_prime(Flavor::Any, candidate)).ok()?
}
