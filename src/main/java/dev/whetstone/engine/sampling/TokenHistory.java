package dev.whetstone.engine.sampling;

import java.util.Arrays;
import java.util.BitSet;

/** The tokens of a sequence, for the penalties; exists only if a penalty is set. */
final class TokenHistory {
  private final BitSet seen = new BitSet();
  private final int[] counts;
  private int[] distinct = new int[64];
  private int size;

  TokenHistory(int vocabulary, int[] prompt) {
    counts = new int[vocabulary];
    for (int token : prompt) {
      see(token);
    }
  }

  /** Adds a sampled token; only these count for presence and frequency penalties. */
  void add(int token) {
    see(token);
    counts[token]++;
  }

  private void see(int token) {
    if (seen.get(token)) {
      return;
    }
    seen.set(token);
    distinct = size == distinct.length ? Arrays.copyOf(distinct, 2 * size) : distinct;
    distinct[size++] = token;
  }

  /** Applies the penalties to the logits of the tokens seen. */
  void penalize(float[] logits, SamplingParameters sampling) {
    for (int i = 0; i < size; i++) {
      int token = distinct[i];
      double logit = logits[token];
      logit =
          logit > 0 ? logit / sampling.repetitionPenalty() : logit * sampling.repetitionPenalty();
      if (counts[token] > 0) {
        logit -= sampling.presencePenalty() + counts[token] * sampling.frequencyPenalty();
      }
      logits[token] = (float) logit;
    }
  }
}
