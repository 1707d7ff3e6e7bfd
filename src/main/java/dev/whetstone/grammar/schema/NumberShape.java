package dev.whetstone.grammar.schema;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A number. One without bounds may have an exponent; one with bounds is a decimal of limited scale,
 * and a prefix of it is possible if a multiple of {@code multipleOf} lies in one of the intervals
 * that the prefix can still reach.
 */
public final class NumberShape implements Shape {
  // A double holds them exactly, and many clients read numbers as doubles.
  private static final int MAX_DIGITS = 15;
  private static final int MAX_SCALE = 40;

  private final @Nullable BigDecimal min;
  private final @Nullable BigDecimal max;
  private final @Nullable BigDecimal multipleOf;
  private final boolean integer;

  // In units of 10^-scale.
  private final int scale;
  private final int digits;
  private final BigInteger low;
  private final BigInteger high;
  private final BigInteger step;

  /**
   * @param min smallest value, or null
   * @param max largest value, or null
   */
  NumberShape(
      @Nullable BigDecimal min,
      boolean minExclusive,
      @Nullable BigDecimal max,
      boolean maxExclusive,
      @Nullable BigDecimal multipleOf,
      boolean integer) {
    this(
        min,
        max,
        multipleOf,
        integer,
        scale(min, max, multipleOf, integer),
        minExclusive,
        maxExclusive);
  }

  private NumberShape(
      @Nullable BigDecimal min,
      @Nullable BigDecimal max,
      @Nullable BigDecimal multipleOf,
      boolean integer,
      int scale,
      boolean minExclusive,
      boolean maxExclusive) {
    this.integer = integer;
    this.scale = scale;
    int free = multipleOf == null ? MAX_DIGITS : Math.max(1, MAX_DIGITS - scale);
    this.digits = Math.max(free, Math.max(integerDigits(min), integerDigits(max)));
    BigInteger all = BigInteger.TEN.pow(digits + scale).subtract(BigInteger.ONE);
    this.low = min == null ? all.negate() : bound(min, scale, minExclusive, RoundingMode.CEILING);
    this.high = max == null ? all : bound(max, scale, maxExclusive, RoundingMode.FLOOR);
    BigInteger unit = integer ? BigInteger.TEN.pow(scale) : BigInteger.ONE;
    BigInteger multiple = multipleOf == null ? unit : units(multipleOf, scale);
    this.step = multiple.multiply(unit).divide(multiple.gcd(unit));
    this.min = min == null ? null : new BigDecimal(low, scale);
    this.max = max == null ? null : new BigDecimal(high, scale);
    this.multipleOf = multipleOf;
  }

  static NumberShape any(boolean integer) {
    return new NumberShape(null, false, null, false, null, integer);
  }

  private static int scale(
      @Nullable BigDecimal min,
      @Nullable BigDecimal max,
      @Nullable BigDecimal multipleOf,
      boolean integer) {
    int bounds = Math.max(scaleOf(min), scaleOf(max));
    int wanted = multipleOf != null ? scaleOf(multipleOf) : integer ? 0 : Math.max(bounds + 2, 8);
    if (wanted > MAX_SCALE || bounds > MAX_SCALE) {
      throw new SchemaException("", "a number has more than " + MAX_SCALE + " decimals");
    }
    return wanted;
  }

  private static int scaleOf(@Nullable BigDecimal value) {
    return value == null ? 0 : Math.max(0, value.stripTrailingZeros().scale());
  }

  private static int integerDigits(@Nullable BigDecimal value) {
    int found = value == null ? 0 : value.precision() - value.scale() + 1;
    if (found > 400) {
      throw new SchemaException("", "a bound has more than 400 digits");
    }
    return found;
  }

  private static BigInteger units(BigDecimal value, int scale) {
    return value.movePointRight(scale).toBigIntegerExact();
  }

  private static BigInteger bound(
      BigDecimal value, int scale, boolean exclusive, RoundingMode inward) {
    BigDecimal scaled = value.movePointRight(scale);
    BigInteger rounded = scaled.setScale(0, inward).toBigInteger();
    boolean exact = scaled.compareTo(new BigDecimal(rounded)) == 0;
    BigInteger inside = inward == RoundingMode.CEILING ? BigInteger.ONE : BigInteger.ONE.negate();
    return exclusive && exact ? rounded.add(inside) : rounded;
  }

  NumberShape intersect(NumberShape other) {
    BigDecimal lower = min == null ? other.min : other.min == null ? min : min.max(other.min);
    BigDecimal upper = max == null ? other.max : other.max == null ? max : max.min(other.max);
    return new NumberShape(
        lower,
        false,
        upper,
        false,
        commonMultiple(multipleOf, other.multipleOf),
        integer || other.integer);
  }

  private static @Nullable BigDecimal commonMultiple(
      @Nullable BigDecimal a, @Nullable BigDecimal b) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    int scale = Math.max(scaleOf(a), scaleOf(b));
    BigInteger x = units(a, scale);
    BigInteger y = units(b, scale);
    return new BigDecimal(x.multiply(y).divide(x.gcd(y)), scale);
  }

  @Override
  public List<Shape> options() {
    return contains(low, high) ? List.of(this) : List.of();
  }

  /** Whether any number is allowed, or any integer. */
  public boolean isUnbounded() {
    return min == null && max == null && multipleOf == null;
  }

  public boolean isInteger() {
    return integer;
  }

  boolean overlaps(NumberShape other) {
    return intersect(other).isPossible();
  }

  /** Whether a number is allowed. */
  boolean allows(BigDecimal value) {
    if (integer && scaleOf(value) > 0) {
      return false;
    }
    if (isUnbounded()) {
      return true;
    }
    boolean above = min == null || value.compareTo(min) >= 0;
    boolean below = max == null || value.compareTo(max) <= 0;
    return above && below && (multipleOf == null || value.remainder(multipleOf).signum() == 0);
  }

  /** Whether a JSON number, which {@code text} may be a beginning of, is allowed. */
  public boolean mayContinue(String text) {
    boolean negative = text.startsWith("-");
    String magnitude = negative ? text.substring(1) : text;
    int point = magnitude.indexOf('.');
    int decimals = point < 0 ? 0 : magnitude.length() - point - 1;
    if (point >= 0 && (integer || decimals > scale || scale == 0)) {
      return false;
    }
    if (magnitude.isEmpty()) {
      return reaches(negative, BigInteger.ZERO, BigInteger.TEN.pow(digits + scale));
    }
    BigInteger value = new BigInteger(magnitude.replace(".", ""));
    if (point >= 0) {
      BigInteger width = BigInteger.TEN.pow(scale - decimals);
      return reaches(negative, value.multiply(width), width);
    }
    BigInteger width = BigInteger.TEN.pow(scale);
    int more = value.signum() == 0 ? 0 : digits - magnitude.length();
    for (int i = 0; i <= more; i++) {
      if (reaches(negative, value.multiply(width), width)) {
        return true;
      }
      width = width.multiply(BigInteger.TEN);
    }
    return false;
  }

  /** Whether a text that may continue is a whole number that is allowed. */
  public boolean mayEnd(String text) {
    char last = text.charAt(text.length() - 1);
    if (last == '-' || last == '.') {
      return false;
    }
    BigInteger value = units(new BigDecimal(text), scale);
    boolean negativeZero = value.signum() == 0 && text.startsWith("-");
    return !negativeZero && contains(value, value);
  }

  /** Whether a value of {@code width} units from a magnitude on is allowed. */
  private boolean reaches(boolean negative, BigInteger from, BigInteger width) {
    BigInteger to = from.add(width).subtract(BigInteger.ONE);
    // Negative zero is not written.
    return negative ? contains(to.negate(), from.max(BigInteger.ONE).negate()) : contains(from, to);
  }

  private boolean contains(BigInteger from, BigInteger to) {
    BigInteger first = from.max(low);
    BigInteger last = to.min(high);
    BigInteger[] quotient = last.divideAndRemainder(step);
    BigInteger floor =
        quotient[1].signum() < 0 ? quotient[0].subtract(BigInteger.ONE) : quotient[0];
    return first.compareTo(last) <= 0 && floor.multiply(step).compareTo(first) >= 0;
  }
}
