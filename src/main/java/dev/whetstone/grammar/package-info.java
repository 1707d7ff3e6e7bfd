/**
 * Answers that keep to a grammar: a JSON Schema, or a list of choices. A {@link Grammar} is
 * compiled once; with the bytes of a model's tokens ({@link TokenVocabulary}) it is a {@link
 * TokenGrammar}, whose {@link GrammarMatcher} follows one completion and says which tokens may come
 * next. It depends on no engine. Below it are {@code regex} (patterns as automata), {@code schema}
 * (what a schema allows) and {@code machine} (the automaton that reads it byte by byte).
 *
 * <p>A mask is a walk through the trie of all tokens, as in XGrammar (Dong et al. 2024) and
 * llguidance; the tokens that any JSON string may contain are not walked but known in advance by
 * their length, and masks are kept for the states in which they were computed.
 */
@NullMarked
package dev.whetstone.grammar;

import org.jspecify.annotations.NullMarked;
