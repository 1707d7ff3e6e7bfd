package dev.whetstone.dpo.data;

/** What a run trains on, one by one: a pair, or a completion that was rated by itself. */
public sealed interface Example permits TokenPair, RatedCompletion {
  /** Names the example in logs, errors and caches. */
  String id();

  /** Token ids of the prompt, at least one. */
  int[] prompt();

  /** Tokens of the prompt and of what continues it, the prompt counted once. */
  int tokens();

  /** Tokens that TRL counts: each completion with a prompt of its own. */
  int fullTokens();
}
