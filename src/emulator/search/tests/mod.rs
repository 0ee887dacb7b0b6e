mod builder;
mod matching;
mod page;
mod parsing;
mod strategies;
