package dev.whetstone.preference.rating;

/** The factor L of a symmetric positive definite matrix {@code L L^T}, and what it solves. */
final class Cholesky {
  private final double[][] factor;

  private Cholesky(double[][] factor) {
    this.factor = factor;
  }

  /**
   * Factors a matrix {@code [n, n]}.
   *
   * @throws ArithmeticException when it is not positive definite
   */
  static Cholesky of(double[][] matrix) {
    int n = matrix.length;
    double[][] factor = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        double rest = matrix[i][j];
        for (int k = 0; k < j; k++) {
          rest -= factor[i][k] * factor[j][k];
        }
        if (i != j) {
          factor[i][j] = rest / factor[j][j];
        } else if (rest > 0) {
          factor[i][i] = Math.sqrt(rest);
        } else {
          throw new ArithmeticException("the matrix is not positive definite");
        }
      }
    }
    return new Cholesky(factor);
  }

  /** The x of {@code matrix x = right}. */
  double[] solve(double[] right) {
    int n = factor.length;
    double[] x = right.clone();
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < i; k++) {
        x[i] -= factor[i][k] * x[k];
      }
      x[i] /= factor[i][i];
    }
    for (int i = n - 1; i >= 0; i--) {
      for (int k = i + 1; k < n; k++) {
        x[i] -= factor[k][i] * x[k];
      }
      x[i] /= factor[i][i];
    }
    return x;
  }

  /** The inverse of the matrix. */
  double[][] inverse() {
    int n = factor.length;
    double[][] inverse = new double[n][];
    for (int i = 0; i < n; i++) {
      double[] unit = new double[n];
      unit[i] = 1;
      inverse[i] = solve(unit);
    }
    return inverse;
  }
}
