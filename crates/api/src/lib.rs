//! HTTP edges: the partner protocol and the operations API.
