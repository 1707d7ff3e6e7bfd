package dev.whetstone.dpo.network;

import dev.whetstone.weights.DecoderDesign.Experts;
import java.nio.FloatBuffer;
import java.util.stream.IntStream;

/**
 * Which experts each token is fed to.
 *
 * @param probabilities of all experts, {@code [tokens, experts]}
 * @param ids of the chosen ones, the most probable first, {@code [tokens, chosen]}
 * @param shares what the outputs of the chosen ones are multiplied with, {@code [tokens, chosen]}
 */
record Routing(Experts experts, double[] probabilities, int[] ids, double[] shares) {
  /** Chooses by the router's scores {@code [tokens, experts]}. */
  static Routing of(FloatBuffer scores, Experts experts) {
    int count = experts.count();
    int chosen = experts.chosen();
    int tokens = scores.remaining() / count;
    Routing routing =
        new Routing(
            experts,
            new double[tokens * count],
            new int[tokens * chosen],
            new double[tokens * chosen]);
    double[] row = new double[count];
    for (int token = 0; token < tokens; token++) {
      for (int expert = 0; expert < count; expert++) {
        row[expert] = scores.get();
      }
      routing.choose(token, softmax(row));
    }
    return routing;
  }

  private static double[] softmax(double[] scores) {
    double largest = Double.NEGATIVE_INFINITY;
    for (double score : scores) {
      largest = Math.max(largest, score);
    }
    double sum = 0;
    for (int i = 0; i < scores.length; i++) {
      scores[i] = Math.exp(scores[i] - largest);
      sum += scores[i];
    }
    for (int i = 0; i < scores.length; i++) {
      scores[i] /= sum;
    }
    return scores;
  }

  private void choose(int token, double[] row) {
    System.arraycopy(row, 0, probabilities, token * row.length, row.length);
    int chosen = experts.chosen();
    double total = 0;
    for (int slot = token * chosen; slot < (token + 1) * chosen; slot++) {
      int best = 0;
      for (int expert = 1; expert < row.length; expert++) {
        best = row[expert] > row[best] ? expert : best;
      }
      ids[slot] = best;
      shares[slot] = row[best];
      total += row[best];
      row[best] = -1;
    }
    for (int slot = token * chosen; slot < (token + 1) * chosen && experts.normalised(); slot++) {
      shares[slot] /= total;
    }
  }

  /** The slots of {@link #ids} that have an expert, in order; a slot's token is slot / chosen. */
  int[] slots(int expert) {
    return IntStream.range(0, ids.length).filter(slot -> ids[slot] == expert).toArray();
  }

  /**
   * The gradient of the scores, {@code [tokens, experts]}.
   *
   * @param dShares the gradient of {@link #shares}
   */
  float[] backward(double[] dShares) {
    int count = experts.count();
    int chosen = experts.chosen();
    float[] dScores = new float[probabilities.length];
    for (int token = 0; token < ids.length / chosen; token++) {
      double mean = 0;
      for (int slot = token * chosen; slot < (token + 1) * chosen; slot++) {
        mean += shares[slot] * dShares[slot];
      }
      // Normalised shares are a softmax over the chosen experts alone, others one over all.
      for (int i = 0; i < count && !experts.normalised(); i++) {
        dScores[token * count + i] = (float) (-probabilities[token * count + i] * mean);
      }
      for (int slot = token * chosen; slot < (token + 1) * chosen; slot++) {
        double own = dShares[slot] - (experts.normalised() ? mean : 0);
        dScores[token * count + ids[slot]] += (float) (shares[slot] * own);
      }
    }
    return dScores;
  }
}
