//! What holds for every message, whatever it is: nobody has to write these tests for a new one.

mod common;

use bytes::Bytes;
use common::{Source, messages};
use proptest::prelude::*;
use spice_wire::{ErrorKind, Limits, Value};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_is_read_back(seed: Vec<u8>) {
        for message in messages() {
            let value = Source::new(&seed).structure(message.body);
            let body = Bytes::from(message.write_body(&value).unwrap());
            prop_assert_eq!(message.read_body(&body, &Limits::DEFAULT).unwrap(), value);
        }
    }

    #[test]
    fn a_cut_message_names_the_field_that_is_missing(seed: Vec<u8>, cut: u8) {
        for message in messages() {
            let value = Source::new(&seed).structure(message.body);
            let mut body = message.write_body(&value).unwrap();
            body.truncate(body.len() * usize::from(cut) / 256);
            let body = Bytes::from(body);
            let Err(error) = message.read_body(&body, &Limits::DEFAULT) else { continue };
            prop_assert!(matches!(error.kind(), ErrorKind::Truncated | ErrorKind::BadOffset), "{}", error);
            prop_assert_eq!(error.message(), message.body.name);
            prop_assert!(message.body.fields.iter().any(|field| error.field().starts_with(field.name)), "{}", error);
            prop_assert!(error.offset() <= body.len());
        }
    }

    #[test]
    fn a_changed_message_is_refused_or_keeps_its_meaning(seed: Vec<u8>, changes: [(u16, u8); 4]) {
        for message in messages() {
            let value = Source::new(&seed).structure(message.body);
            let mut body = message.write_body(&value).unwrap();
            for (place, byte) in changes {
                let place = usize::from(place) % body.len().max(1);
                body.get_mut(place).into_iter().for_each(|target| *target = byte);
            }
            check_stable(message, body)?;
        }
    }

    #[test]
    fn any_bytes_are_refused_or_keep_their_meaning(body: Vec<u8>) {
        for message in messages() {
            check_stable(message, body.clone())?;
        }
    }

    #[test]
    fn a_limit_of_no_entries_lets_no_list_through(seed: Vec<u8>) {
        let limits = Limits { list: 0, ..Limits::DEFAULT };
        for message in messages() {
            let value = Source::new(&seed).structure(message.body);
            let body = Bytes::from(message.write_body(&value).unwrap());
            match message.read_body(&body, &limits) {
                Ok(read) => prop_assert!(!has_entries(&read), "{} let a list through", message.body.name),
                Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Limit),
            }
        }
    }
}

/// What was accepted can be written, and reads as the same again.
fn check_stable(message: &spice_wire::schema::MessageSchema, body: Vec<u8>) -> Result<(), TestCaseError> {
    let Ok(value) = message.read_body(&body.into(), &Limits::DEFAULT) else { return Ok(()) };
    let again =
        Bytes::from(message.write_body(&value).map_err(|error| TestCaseError::fail(error.to_string()))?);
    prop_assert_eq!(message.read_body(&again, &Limits::DEFAULT).unwrap(), value);
    Ok(())
}

fn has_entries(value: &Value) -> bool {
    match value {
        Value::List(items) => !items.is_empty(),
        Value::Struct(_, fields) => fields.iter().any(has_entries),
        _ => false,
    }
}
