tickwire::main!(dots::DotsGame);
