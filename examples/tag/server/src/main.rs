tickwire::main!(tag::TagGame);
