mod builder;
mod matching;
mod naive;
mod page;
mod parsing;
mod strategies;
