tickwire::main!(cards::CardsGame);
