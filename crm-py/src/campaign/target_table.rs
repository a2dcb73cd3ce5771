//! A scored table: a row a customer.

use arrow_array::ArrayRef;
use crm_core::Result;
use crm_core::campaign::TargetTable as Core;
use crm_core::customer::IdList;
use crm_core::interop::{id_array, id_list, levels};
use pyo3::prelude::*;

use crate::column::{Accept, Column};
use crate::error::OrRaise;
use crate::table::{Columns, Table};

/// Customers, and columns of numbers and texts.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct TargetTable(pub(super) Core);

/// The customers of a column; errors name the argument.
pub(super) fn ids(py: Python<'_>, argument: &str, column: &Column) -> PyResult<IdList> {
    let arrays = column.arrays(py)?;
    py.detach(|| id_list(&arrays).map_err(|error| error.on(argument))).or_raise(py)
}

#[pymethods]
impl TargetTable {
    #[new]
    fn new(
        py: Python<'_>,
        customer_id: &Column,
        numbers: Vec<(String, PyRef<'_, Column>)>,
        texts: Vec<(String, PyRef<'_, Column>)>,
    ) -> PyResult<Self> {
        let ids = ids(py, "customer_id", customer_id)?;
        let mut given = Vec::with_capacity(numbers.len());
        for (name, column) in &numbers {
            given.push((name, column.numbers(py, name, Accept::Flags)?));
        }
        let mut arrays: Vec<(&String, Vec<ArrayRef>)> = Vec::with_capacity(texts.len());
        for (name, column) in &texts {
            arrays.push((name, column.arrays(py)?));
        }
        let build = || -> Result<Core> {
            let mut table = Core::of(ids)?;
            for (name, values) in given {
                table.add_numbers(name, values.to_vec())?;
            }
            for (name, arrays) in arrays {
                table.add_texts(name, levels(name, &arrays)?)?;
            }
            Ok(table)
        };
        py.detach(build).or_raise(py).map(Self)
    }

    fn __len__(&self) -> usize {
        self.0.rows()
    }

    fn names(&self) -> Vec<String> {
        self.0.names().into_iter().map(str::to_owned).collect()
    }

    /// The ids, in the order of the rows.
    fn ids(&self, py: Python<'_>) -> PyResult<Table> {
        Columns::new().array("customer_id", id_array(self.0.ids())).finish(py)
    }

    fn take(&self, py: Python<'_>, rows: Vec<u32>) -> PyResult<Self> {
        py.detach(|| self.0.take(&rows)).or_raise(py).map(Self)
    }
}
