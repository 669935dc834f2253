//! Values of the wire to Python objects and back. The classes are the generated ones, found by module and name.

use std::collections::HashMap;

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyInt, PyList, PyString, PyTuple, PyType};
use spice_wire::catalogue::Catalogue;
use spice_wire::schema::{EnumSchema, StructSchema};
use spice_wire::{Limits, Value};

use crate::errors;

/// How deep tuples may stand in tuples; the tables need four.
const DEEPEST: usize = 16;

/// A message class, as the argument of a call turned out to be.
pub(crate) enum Given {
    /// One of the generated classes.
    Known(&'static StructSchema),
    /// `messages.Unknown`: a number and a body that go out as they are.
    Unknown(u32, Bytes),
}

/// Which class `message` is of.
pub(crate) fn given(message: &Bound<'_, PyAny>) -> PyResult<Given> {
    let registry = registry(message.py())?;
    if let Some(class) = registry.class_of(message) {
        return Ok(Given::Known(class.schema));
    }
    if message.is_exact_instance(registry.unknown.bind(message.py())) {
        let body: Vec<u8> = message.getattr("body")?.extract()?;
        return Ok(Given::Unknown(message.getattr("id")?.extract()?, body.into()));
    }
    Err(errors::wrong_type(format!("a message wanted, {} given", message.get_type().name()?)))
}

/// `messages.Unknown` for a message that the tables do not have.
pub(crate) fn unknown<'py>(py: Python<'py>, id: u32, body: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    registry(py)?.unknown.bind(py).call1((id, PyBytes::new(py, body)))
}

/// A value as a Python object.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    registry(py)?.object(py, value)
}

/// A Python object as a value. What the value is for decides later whether it fits.
pub(crate) fn from_python(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    registry(object.py())?.value(object, 0)
}

/// `limits.Limits`, or the defaults for `None`.
pub(crate) fn limits(given: Option<&Bound<'_, PyAny>>) -> PyResult<Limits> {
    match given {
        None => Ok(Limits::DEFAULT),
        Some(limits) => Limits::by_name(|name| limits.getattr(name)?.extract()),
    }
}

/// A struct's Python class and the names of its fields.
struct Class {
    schema: &'static StructSchema,
    class: Py<PyType>,
    names: Vec<Py<PyString>>,
}

/// An enumeration's Python class and its members by value.
struct Named {
    class: Py<PyAny>,
    members: HashMap<u64, Py<PyAny>>,
}

/// All classes. They live as long as the interpreter, so that their addresses identify them.
struct Registry {
    structs: HashMap<(&'static str, &'static str), Class>,
    by_type: HashMap<usize, (&'static str, &'static str)>,
    enums: HashMap<&'static str, Named>,
    unknown: Py<PyType>,
}

fn registry(py: Python<'_>) -> PyResult<&'static Registry> {
    static REGISTRY: PyOnceLock<Registry> = PyOnceLock::new();
    REGISTRY.get_or_try_init(py, || Registry::new(py))
}

impl Registry {
    fn new(py: Python<'_>) -> PyResult<Self> {
        let catalogue = Catalogue::all();
        let mut found = Self {
            structs: HashMap::new(),
            by_type: HashMap::new(),
            enums: HashMap::new(),
            unknown: py.import("spice_rs.messages")?.getattr("Unknown")?.cast_into::<PyType>()?.unbind(),
        };
        for schema in catalogue.structs {
            let class = Class::new(py, schema)?;
            let key = (schema.module, schema.name);
            found.by_type.insert(class.class.as_ptr().addr(), key);
            found.structs.insert(key, class);
        }
        for (_, schema) in catalogue.enums {
            found.enums.insert(schema.name, Named::new(py, schema)?);
        }
        Ok(found)
    }

    fn class_of(&self, object: &Bound<'_, PyAny>) -> Option<&Class> {
        let key = self.by_type.get(&object.get_type_ptr().addr())?;
        self.structs.get(key)
    }

    fn object<'py>(&self, py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
        match value {
            Value::None => Ok(py.None().into_bound(py)),
            Value::Int(number) => integer(py, *number),
            Value::Enum(schema, number) => self.member(py, schema, *number),
            Value::Bytes(bytes) => Ok(PyBytes::new(py, bytes).into_any()),
            Value::Text(bytes) => text(py, bytes),
            Value::List(items) => self.tuple(py, items).map(Bound::into_any),
            Value::Struct(schema, fields) => {
                let missing = || errors::value(format!("no class for {}", schema.name));
                let class = self.structs.get(&(schema.module, schema.name)).ok_or_else(missing)?;
                class.class.bind(py).call1(self.tuple(py, fields)?)
            }
        }
    }

    fn tuple<'py>(&self, py: Python<'py>, values: &[Value]) -> PyResult<Bound<'py, PyTuple>> {
        let objects = values.iter().map(|value| self.object(py, value)).collect::<PyResult<Vec<_>>>()?;
        PyTuple::new(py, objects)
    }

    fn member<'py>(&self, py: Python<'py>, schema: &EnumSchema, number: u64) -> PyResult<Bound<'py, PyAny>> {
        let missing = || errors::value(format!("no class for {}", schema.name));
        let named = self.enums.get(schema.name).ok_or_else(missing)?;
        match named.members.get(&number) {
            Some(member) => Ok(member.bind(py).clone()),
            None => named.class.bind(py).call1((number,)),
        }
    }

    fn value(&self, object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
        if let Some(class) = self.class_of(object) {
            return class.value(self, object, depth);
        }
        if object.is_none() {
            return Ok(Value::None);
        }
        if object.is_instance_of::<PyInt>() {
            return number(object);
        }
        if let Ok(bytes) = object.cast::<PyBytes>() {
            return Ok(Value::Bytes(Bytes::copy_from_slice(bytes.as_bytes())));
        }
        if let Ok(text) = object.cast::<PyString>() {
            return text_bytes(text).map(Value::Text);
        }
        if object.is_instance_of::<PyTuple>() || object.is_instance_of::<PyList>() {
            return self.list(object, depth);
        }
        number(object).map_err(|_| {
            let name =
                object.get_type().name().map_or_else(|_| "an object".to_owned(), |name| name.to_string());
            errors::wrong_type(format!("{name} cannot stand in a message"))
        })
    }

    fn list(&self, object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
        if depth > DEEPEST {
            return Err(errors::value("tuples within tuples without end"));
        }
        let items = object.try_iter()?.map(|item| self.value(&item?, depth + 1));
        items.collect::<PyResult<Vec<_>>>().map(Value::List)
    }
}

impl Class {
    fn new(py: Python<'_>, schema: &'static StructSchema) -> PyResult<Self> {
        let module = py.import(format!("spice_rs.messages.{}", schema.python_module()))?;
        let class = module.getattr(schema.name)?.cast_into::<PyType>()?.unbind();
        let names = schema.fields.iter().map(|field| PyString::intern(py, field.name).unbind()).collect();
        Ok(Self { schema, class, names })
    }

    fn value(&self, registry: &Registry, object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
        let fields = self.names.iter().map(|name| {
            let field = object.getattr(name.bind(object.py()))?;
            registry.value(&field, depth)
        });
        Ok(Value::Struct(self.schema, fields.collect::<PyResult<_>>()?))
    }
}

impl Named {
    fn new(py: Python<'_>, schema: &EnumSchema) -> PyResult<Self> {
        let class = py.import("spice_rs.enums")?.getattr(schema.name)?;
        // No bits set is the most frequent set of flags.
        let values = schema.members.iter().map(|(value, ..)| *value).chain([0]);
        let members =
            values.map(|value| Ok((value, class.call1((value,))?.unbind()))).collect::<PyResult<_>>()?;
        Ok(Self { class: class.unbind(), members })
    }
}

fn integer(py: Python<'_>, number: i128) -> PyResult<Bound<'_, PyAny>> {
    match i64::try_from(number) {
        Ok(small) => Ok(small.into_pyobject(py)?.into_any()),
        Err(_) => Ok(number.into_pyobject(py)?.into_any()),
    }
}

fn number(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    let number = object.extract::<i64>().map(i128::from).or_else(|_| object.extract::<i128>())?;
    Ok(Value::Int(number))
}

/// Text that is no UTF-8 survives as surrogates, as file names do in Python.
fn text<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(PyString::new(py, text).into_any()),
        Err(_) => PyBytes::new(py, bytes).call_method1("decode", ("utf-8", "surrogateescape")),
    }
}

fn text_bytes(text: &Bound<'_, PyString>) -> PyResult<Bytes> {
    if let Ok(text) = text.to_str() {
        return Ok(Bytes::copy_from_slice(text.as_bytes()));
    }
    let encoded = text.call_method1("encode", ("utf-8", "surrogateescape"))?;
    Ok(Bytes::copy_from_slice(encoded.cast::<PyBytes>()?.as_bytes()))
}
