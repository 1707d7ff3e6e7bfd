package dev.whetstone.preference.rating;

import java.util.Arrays;
import java.util.List;

/**
 * Bradley-Terry strengths with ties: Davidson's model (1970, JASA 65, 317-328), fitted by Newton's
 * method. With strengths {@code p_i = exp(theta_i)} and a tie parameter {@code nu}, i beats j with
 * probability {@code p_i / s}, j beats i with {@code p_j / s} and they tie with {@code nu sqrt(p_i
 * p_j) / s}, where {@code s} is the sum of the three.
 *
 * <p>Every item also wins and loses {@code pseudo} comparisons with a hypothetical item of strength
 * 1 (Turner et al. 2020, "Modelling rankings in R: the PlackettLuce package", section 2.3), so that
 * one that never lost has a finite strength.
 */
public final class DavidsonBradleyTerry {
  private static final int MAX_ITERATIONS = 200;
  private static final double TOLERANCE = 1e-10;
  private static final double MAX_STEP = 2;
  // Precision of a Gaussian prior on log nu, which matters only where every comparison is a tie.
  private static final double TIE_PRECISION = 1e-2;

  private final int items;
  private final List<Match> matches;
  private final double pseudo;
  private final boolean hasTies;
  // theta of each item, then log nu: [items + 1]
  private final double[] parameters;
  private final double[][] covariance;

  /** Comparisons of two different items: wins of each over the other, and ties. */
  public record Match(int i, int j, double winsI, double winsJ, double ties) {
    public Match {
      if (i == j) {
        throw new IllegalArgumentException("an item is not compared with itself");
      }
    }
  }

  private DavidsonBradleyTerry(int items, List<Match> matches, double pseudo) {
    this.items = items;
    this.matches = matches;
    this.pseudo = pseudo;
    this.hasTies = matches.stream().anyMatch(match -> match.ties() > 0);
    this.parameters = new double[items + 1];
    this.covariance = maximize();
  }

  /**
   * Fits the model to comparisons of items 0 to {@code items - 1}.
   *
   * @param pseudo weight of the hypothetical comparisons; 0 gives the maximum-likelihood estimate,
   *     which exists only where chains of wins and ties lead from every item to every other
   * @throws ArithmeticException when the estimate does not exist
   */
  public static DavidsonBradleyTerry fit(int items, List<Match> matches, double pseudo) {
    return new DavidsonBradleyTerry(items, List.copyOf(matches), pseudo);
  }

  /**
   * {@code theta_item - theta_reference}, the natural logarithm of the ratio of their strengths.
   */
  public double difference(int item, int reference) {
    return parameters[item] - parameters[reference];
  }

  /** The standard error of {@link #difference}, from the observed information. */
  public double standardError(int item, int reference) {
    double variance =
        covariance[item][item] + covariance[reference][reference] - 2 * covariance[item][reference];
    return Math.sqrt(Math.max(0, variance));
  }

  /** Davidson's tie parameter nu; 0 where there are no ties. */
  public double tieParameter() {
    return hasTies ? Math.exp(parameters[items]) : 0;
  }

  private double[][] maximize() {
    Derivatives slope = derivatives();
    for (int step = 0; step < MAX_ITERATIONS; step++) {
      double[] direction = Cholesky.of(slope.information).solve(slope.gradient);
      double largest = Arrays.stream(direction).map(Math::abs).max().orElse(0);
      slope = lineSearch(slope, direction, Math.min(1, MAX_STEP / largest));
      if (largest < TOLERANCE) {
        break;
      }
    }
    return Cholesky.of(slope.information).inverse();
  }

  // The objective is concave, so a step that overshoots is halved until the objective rises.
  private Derivatives lineSearch(Derivatives from, double[] direction, double first) {
    double[] start = parameters.clone();
    Derivatives next = from;
    for (double scale = first; scale > TOLERANCE; scale /= 2) {
      for (int k = 0; k < start.length; k++) {
        parameters[k] = start[k] + scale * direction[k];
      }
      next = derivatives();
      if (next.objective >= from.objective) {
        return next;
      }
    }
    return next;
  }

  /** The penalised log-likelihood, its gradient and its negative second derivatives. */
  private static final class Derivatives {
    private double objective;
    private final double[] gradient;
    private final double[][] information;

    Derivatives(int size) {
      this.gradient = new double[size];
      this.information = new double[size][size];
    }
  }

  private Derivatives derivatives() {
    Derivatives slope = new Derivatives(items + 1);
    for (Match match : matches) {
      add(match, slope);
    }
    if (pseudo == 0) {
      addMeanPenalty(slope);
    } else {
      addPseudoComparisons(slope);
    }
    addTiePrior(slope);
    return slope;
  }

  // Each outcome's logit is linear in theta_i, theta_j and log nu: a multinomial logit model.
  private void add(Match match, Derivatives slope) {
    int[] index = {match.i(), match.j(), items};
    double[][] loading = {{1, 0, 0}, {0, 1, 0}, {0.5, 0.5, 1}};
    double[] counts = {match.winsI(), match.winsJ(), match.ties()};
    double n = match.winsI() + match.winsJ() + match.ties();
    int outcomes = hasTies ? 3 : 2;
    double[] logits = new double[outcomes];
    double highest = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < outcomes; k++) {
      for (int x = 0; x < index.length; x++) {
        logits[k] += loading[k][x] * parameters[index[x]];
      }
      highest = Math.max(highest, logits[k]);
    }
    double sum = 0;
    for (double log : logits) {
      sum += Math.exp(log - highest);
    }
    double logSum = highest + Math.log(sum);
    double[] mean = new double[index.length];
    for (int k = 0; k < outcomes; k++) {
      double probability = Math.exp(logits[k] - logSum);
      slope.objective += counts[k] * (logits[k] - logSum);
      for (int x = 0; x < index.length; x++) {
        mean[x] += probability * loading[k][x];
        slope.gradient[index[x]] += (counts[k] - n * probability) * loading[k][x];
        for (int y = 0; y < index.length; y++) {
          slope.information[index[x]][index[y]] += n * probability * loading[k][x] * loading[k][y];
        }
      }
    }
    for (int x = 0; x < index.length; x++) {
      for (int y = 0; y < index.length; y++) {
        slope.information[index[x]][index[y]] -= n * mean[x] * mean[y];
      }
    }
  }

  private void addPseudoComparisons(Derivatives slope) {
    for (int i = 0; i < items; i++) {
      double win = 1 / (1 + Math.exp(-parameters[i]));
      slope.objective += pseudo * (Math.log(win) + Math.log1p(-win));
      slope.gradient[i] += pseudo * (1 - 2 * win);
      slope.information[i][i] += pseudo * 2 * win * (1 - win);
    }
  }

  // The data do not determine the mean of all theta. Pulling it to 0 changes no difference.
  private void addMeanPenalty(Derivatives slope) {
    double total = 0;
    for (int i = 0; i < items; i++) {
      total += parameters[i];
    }
    slope.objective -= total * total / 2;
    for (int i = 0; i < items; i++) {
      slope.gradient[i] -= total;
      for (int j = 0; j < items; j++) {
        slope.information[i][j] += 1;
      }
    }
  }

  private void addTiePrior(Derivatives slope) {
    double precision = hasTies ? (pseudo == 0 ? 0 : TIE_PRECISION) : 1;
    double tie = parameters[items];
    slope.objective -= precision * tie * tie / 2;
    slope.gradient[items] -= precision * tie;
    slope.information[items][items] += precision;
  }
}
