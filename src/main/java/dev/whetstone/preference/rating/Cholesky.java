package dev.whetstone.preference.rating;

/** The Cholesky factor L of a symmetric positive definite matrix {@code L L^T}, to solve with. */
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
        double remainder = matrix[i][j];
        for (int k = 0; k < j; k++) {
          remainder -= factor[i][k] * factor[j][k];
        }
        if (i != j) {
          factor[i][j] = remainder / factor[j][j];
        } else if (remainder > 0) {
          factor[i][i] = Math.sqrt(remainder);
        } else {
          throw new ArithmeticException("the matrix is not positive definite");
        }
      }
    }
    return new Cholesky(factor);
  }

  /** Solves {@code matrix x = right} for x {@code [n]}. */
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

  /** The inverse of the matrix {@code [n, n]}. */
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
