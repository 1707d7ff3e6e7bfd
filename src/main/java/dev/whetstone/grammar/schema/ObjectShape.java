package dev.whetstone.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An object: declared properties, each with a shape of its own, and further ones whose names are
 * strings of some shape. Sets of declared properties are the bits of an integer.
 */
public final class ObjectShape implements Shape {
  /** A declared property. */
  record Property(String name, Shape value, boolean required) {}

  /** Further properties: no name belongs to two of an object's groups. */
  public record Extra(TextShape names, Shape value) {}

  final List<Property> declared;
  final List<Extra> declaredExtras;
  final int min;
  final int max;

  /** Whether further properties are allowed only because the schema says nothing of them. */
  final boolean openByDefault;

  private final boolean ordered;
  private final boolean any;
  private final BigInteger required;
  private final Literals names;
  private final List<BigInteger> below = new ArrayList<>();
  private BigInteger possibleNames = BigInteger.ZERO;
  private List<Extra> extras = List.of();
  private boolean possible;

  /**
   * @param max most properties; negative for no limit
   * @param ordered whether declared properties come in their order
   */
  ObjectShape(
      List<Property> declared,
      List<Extra> extras,
      int min,
      int max,
      boolean openByDefault,
      boolean ordered) {
    this.declared = List.copyOf(declared);
    this.declaredExtras = List.copyOf(extras);
    this.min = min;
    this.max = max;
    this.openByDefault = openByDefault;
    this.ordered = ordered;
    this.any = declared.isEmpty() && min == 0 && max < 0 && openByDefault;
    BigInteger bits = BigInteger.ZERO;
    for (int i = 0; i < declared.size(); i++) {
      bits = declared.get(i).required() ? bits.setBit(i) : bits;
    }
    this.required = bits;
    this.names =
        Literals.ofValues(
            declared.stream().map(p -> (JsonNode) TextNode.valueOf(p.name())).toList());
    indexNames();
  }

  private void indexNames() {
    for (int node = 0; node < names.size(); node++) {
      below.add(BigInteger.ZERO);
    }
    // Children come after their parents.
    for (int node = names.size() - 1; node >= 0; node--) {
      BigInteger reachable = below.get(node);
      reachable = names.end(node) < 0 ? reachable : reachable.setBit(names.end(node));
      for (int child : names.children(node)) {
        reachable = reachable.or(below.get(child));
      }
      below.set(node, reachable);
    }
  }

  boolean isOrdered() {
    return ordered;
  }

  @Nullable Property property(String name) {
    return declared.stream().filter(p -> p.name().equals(name)).findFirst().orElse(null);
  }

  /** The shape of a property's value, declared or not; null if the name is not allowed. */
  @Nullable Shape valueOf(String name) {
    Property property = property(name);
    if (property != null) {
      return property.value();
    }
    for (Extra extra : declaredExtras) {
      if (extra.names().matches(name)) {
        return extra.value();
      }
    }
    return null;
  }

  /** Whether it is any object at all, so that not even repeated names matter. */
  public boolean isAny() {
    return any;
  }

  /** The declared names as JSON strings; the ends of the trie are the properties' indices. */
  public Literals names() {
    return names;
  }

  /** The properties whose names go through a node of the trie. */
  public BigInteger namesBelow(int node) {
    return below.get(node);
  }

  /** The shape of a declared property's value. */
  public Shape value(int property) {
    return declared.get(property).value();
  }

  /** The groups of further properties. */
  public List<Extra> extras() {
    return extras;
  }

  /**
   * The properties so far: the declared ones as bits, and the names of the further ones.
   *
   * @param closed whether no declared property may follow
   */
  public record Seen(BigInteger declared, List<String> extras, boolean closed) {
    /** None. */
    public static final Seen NOTHING = new Seen(BigInteger.ZERO, List.of(), false);

    int total() {
      return declared.bitCount() + extras.size();
    }
  }

  /** Adds a declared property. */
  public Seen add(Seen seen, int property) {
    return new Seen(seen.declared().setBit(property), seen.extras(), seen.closed());
  }

  /** Adds a further property. */
  public Seen add(Seen seen, String name) {
    if (any) {
      return seen;
    }
    List<String> all = new ArrayList<>(seen.extras());
    all.add(name);
    return new Seen(seen.declared(), List.copyOf(all), ordered);
  }

  /** Whether the object may end. */
  public boolean mayEnd(Seen seen) {
    return missing(seen).signum() == 0 && seen.total() >= min;
  }

  private BigInteger missing(Seen seen) {
    return required.andNot(seen.declared());
  }

  /** The declared properties that may come next. */
  public BigInteger next(Seen seen) {
    BigInteger unseen = possibleNames.andNot(seen.declared());
    BigInteger missing = missing(seen);
    if (seen.closed()) {
      return BigInteger.ZERO;
    }
    if (ordered) {
      int after = seen.declared().bitLength();
      unseen = unseen.shiftRight(after).shiftLeft(after);
      if (missing.signum() != 0) {
        int upTo = missing.getLowestSetBit() + 1;
        unseen = unseen.and(BigInteger.ONE.shiftLeft(upTo).subtract(BigInteger.ONE));
      }
    }
    if (max >= 0 && seen.total() + missing.bitCount() >= max) {
      unseen = unseen.and(required);
      if (seen.total() >= max) {
        return BigInteger.ZERO;
      }
    }
    return ordered && min > seen.total() + 1 ? reaching(seen, unseen) : unseen;
  }

  /** Those after which enough properties for the minimum remain. */
  private BigInteger reaching(Seen seen, BigInteger candidates) {
    BigInteger kept = candidates;
    for (int i = candidates.bitLength() - 1; i >= 0; i--) {
      long later = possibleNames.shiftRight(i + 1).bitCount() + extraNames(extras);
      if (kept.testBit(i) && seen.total() + 1 + later < min) {
        kept = kept.clearBit(i);
      }
    }
    return kept;
  }

  /** Whether a further property may come next, so far as numbers go. */
  public boolean mayHaveExtra(Seen seen) {
    int missing = missing(seen).bitCount();
    return (!ordered || missing == 0) && (max < 0 || seen.total() + missing < max);
  }

  /** Whether a name of a group that begins with {@code prefix} is still unused. */
  public boolean hasUnusedName(Seen seen, Extra extra, int state, String prefix) {
    long all = extra.names().count(state);
    if (all > declared.size() + seen.extras().size()) {
      return true;
    }
    return all
        > used(extra, prefix, declared.stream().map(Property::name).toList())
            + used(extra, prefix, seen.extras());
  }

  private static long used(Extra extra, String prefix, List<String> taken) {
    return taken.stream().filter(n -> n.startsWith(prefix) && extra.names().matches(n)).count();
  }

  /** Whether a name is neither declared nor used. */
  public boolean isUnused(Seen seen, String name) {
    return property(name) == null && !seen.extras().contains(name);
  }

  @Override
  public List<Shape> options() {
    return possible ? List.of(this) : List.of();
  }

  /** Learns from its values; whether anything changed. */
  boolean link() {
    BigInteger names = BigInteger.ZERO;
    for (int i = 0; i < declared.size(); i++) {
      names = declared.get(i).value().isPossible() ? names.setBit(i) : names;
    }
    boolean closed = openByDefault && !declared.isEmpty() && names.bitCount() >= min;
    List<Extra> open =
        closed ? List.of() : declaredExtras.stream().filter(e -> e.value().isPossible()).toList();
    boolean enough = names.bitCount() + extraNames(open) >= min;
    boolean fits = max < 0 || (required.bitCount() <= max && min <= max);
    boolean now = required.andNot(names).signum() == 0 && enough && fits;
    boolean changed =
        now != possible || !names.equals(possibleNames) || open.size() != extras.size();
    possibleNames = names;
    extras = open;
    possible = now;
    return changed;
  }

  private long extraNames(List<Extra> open) {
    long sum = 0;
    for (Extra extra : open) {
      long names =
          extra.names().count(0) - used(extra, "", declared.stream().map(Property::name).toList());
      sum = Math.min(Integer.MAX_VALUE, sum + Math.min(names, Integer.MAX_VALUE));
    }
    return sum;
  }
}
