package dev.whetstone.lab.experiment;

/**
 * Something that is measured: a column of the table, an axis of a plot.
 *
 * @param key its name in a row; {@link #X} for the row's x
 * @param title with its unit
 * @param digits behind the point, in the table
 * @param log whether an axis is logarithmic
 */
record Measure(String key, String title, int digits, boolean log) {
  static final String X = "x";

  static final Measure WIN_RATE = new Measure("win_rate", "win rate against v0", 3, false);
  static final Measure REWARD = new Measure("reward", "reward (sentiment, -1 to 1)", 3, false);
  static final Measure KL = new Measure("kl", "KL to v0 (nats an answer)", 2, true);
  static final Measure TOKENS = new Measure("tokens", "length (tokens)", 1, false);
  static final Measure COST_RATE =
      new Measure("cost_rate", "answers with the cost sentence (share)", 3, false);
  static final Measure PERPLEXITY =
      new Measure("perplexity", "perplexity of held-out reviews", 3, false);

  static final Measure ACCURACY =
      new Measure("accuracy", "held-out pairs ranked right (share)", 3, false);
  static final Measure TRAINED = new Measure("trained", "tokens trained on (millions)", 2, true);
  static final Measure SECONDS = new Measure("seconds", "wall time (s)", 0, true);
  static final Measure MEMORY = new Measure("memory", "peak memory (GiB)", 2, false);

  static final Measure PROMOTED = new Measure("promoted", "candidates promoted", 1, false);
  static final Measure REFUSED = new Measure("refused", "refused by the gate", 1, false);
  static final Measure LOST = new Measure("lost", "not promoted after a duel", 1, false);
  static final Measure ROLLED_BACK = new Measure("rolled_back", "rolled back", 1, false);

  /** What the experiment varies. */
  static Measure x(String title, boolean log) {
    return new Measure(X, title, 2, log);
  }
}
