//! What an expression is once it is read: a tree, nowhere deeper than the reader allows.

use crate::function::Overload;

/// A part of an expression.
#[derive(Debug)]
pub(crate) struct Node {
    /// Where it stands, in bytes: of an operator or a call the sign itself.
    pub(crate) at: usize,
    /// How many levels are below, this one included.
    pub(crate) depth: usize,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    Literal(Literal),
    Ident(String),
    Select {
        of: Box<Node>,
        field: String,
        optional: bool,
    },
    Has {
        of: Box<Node>,
        field: String,
    },
    Index {
        of: Box<Node>,
        index: Box<Node>,
        optional: bool,
    },
    Call(Call),
    All(Vec<Node>),
    Any(Vec<Node>),
    If(Box<[Node; 3]>),
    /// Each item, and whether it is left out when its optional is empty.
    List(Vec<(Node, bool)>),
    Map(Vec<(Node, Node, bool)>),
    Fold(Box<Fold>),
    /// `x.optMap(v, e)`; flat when `e` is an optional itself.
    OptMap {
        of: Box<Node>,
        name: String,
        body: Box<Node>,
        flat: bool,
    },
}

/// A call of a function, or of an operator under its name such as `_+_`.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) target: Option<Box<Node>>,
    pub(crate) args: Vec<Node>,
    /// What it may mean; settled when the expression is checked.
    pub(crate) means: &'static [Overload],
}

/// A macro that goes over a list or a map.
#[derive(Debug)]
pub(crate) struct Fold {
    pub(crate) how: How,
    pub(crate) range: Node,
    pub(crate) names: (String, Option<String>),
    pub(crate) filter: Option<Node>,
    pub(crate) body: Node,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    All,
    Exists,
    ExistsOne,
    Filter,
    /// `map`, and `transformList`.
    Map,
    TransformMap,
    TransformMapEntry,
    SortBy,
}

#[derive(Debug, Clone)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(String),
    Bytes(Vec<u8>),
}

impl Node {
    pub(crate) fn new(at: usize, what: What) -> Self {
        let depth = 1 + what.below().map(|node| node.depth).max().unwrap_or(0);
        Self { at, depth, what }
    }
}

impl What {
    fn below(&self) -> Box<dyn Iterator<Item = &Node> + '_> {
        match self {
            Self::Literal(_) | Self::Ident(_) => Box::new(std::iter::empty()),
            Self::Select { of, .. } | Self::Has { of, .. } => Box::new(std::iter::once(&**of)),
            Self::Index { of, index, .. } => Box::new([&**of, &**index].into_iter()),
            Self::Call(call) => Box::new(call.target.as_deref().into_iter().chain(&call.args)),
            Self::All(nodes) | Self::Any(nodes) => Box::new(nodes.iter()),
            Self::If(nodes) => Box::new(nodes.iter()),
            Self::List(items) => Box::new(items.iter().map(|(node, _)| node)),
            Self::Map(entries) => Box::new(entries.iter().flat_map(|(key, value, _)| [key, value])),
            Self::Fold(fold) => Box::new([&fold.range, &fold.body].into_iter().chain(fold.filter.as_ref())),
            Self::OptMap { of, body, .. } => Box::new([&**of, &**body].into_iter()),
        }
    }
}
