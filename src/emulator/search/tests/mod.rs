mod builder;
mod matching;
mod naive;
mod parsing;
mod strategies;
