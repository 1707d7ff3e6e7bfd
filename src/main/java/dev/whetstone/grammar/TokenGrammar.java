package dev.whetstone.grammar;

/**
 * A grammar over the tokens of a vocabulary.
 *
 * @param grammar what a whole text must be
 * @param vocabulary the tokens that it is written with
 */
public record TokenGrammar(Grammar grammar, TokenVocabulary vocabulary) {
  /** A matcher before the first token of a text. */
  public GrammarMatcher start() {
    return new GrammarMatcher(grammar.machine(), vocabulary);
  }
}
