package dev.whetstone.text;

import dev.whetstone.text.template.Rendered;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that tell a model where turns begin and end, looked for in rendered conversations:
 * special ones, and those between {@code <|} and {@code |>} that a template has in its source,
 * since some tokenizers do not mark theirs as special.
 */
final class ControlTokens {
  /** A control token. */
  record Token(String text, int id, boolean special) {}

  /** Where a text has a control token. */
  record Place(int from, Token token) {
    int to() {
      return from + token.text().length();
    }
  }

  /**
   * What a rendered conversation has.
   *
   * @param places the control tokens that the template wrote itself, in order
   * @param forged whether a control token stands elsewhere, written by the user at least in part
   */
  record Found(List<Place> places, boolean forged) {}

  private static final class Node {
    private final Map<Character, Node> next = new HashMap<>();
    private @Nullable Token token;
  }

  private final Node root = new Node();
  private final Map<Integer, Token> byId = new HashMap<>();

  ControlTokens(List<Token> tokens) {
    for (Token token : tokens) {
      Node node = root;
      for (char c : token.text().toCharArray()) {
        node = node.next.computeIfAbsent(c, _ -> new Node());
      }
      node.token = token;
      byId.put(token.id(), token);
    }
  }

  /** Finds the control tokens of a rendered conversation. */
  Found find(Rendered rendered) {
    return find(
        rendered.text(),
        token -> !token.special() && !rendered.isInSource(token.text()),
        rendered::isTemplates);
  }

  /** Finds the control tokens of a user's text, none of which is one. */
  Found findInUserText(String text) {
    return find(text, token -> !token.special(), (from, to) -> false);
  }

  @FunctionalInterface
  private interface Kind {
    boolean isOrdinary(Token token);
  }

  @FunctionalInterface
  private interface Origin {
    boolean isTemplates(int from, int to);
  }

  private Found find(String text, Kind kind, Origin origin) {
    List<Place> places = new ArrayList<>();
    boolean forged = false;
    int at = 0;
    while (at < text.length()) {
      int from = at;
      Token any = longest(text, from, to -> true);
      Token own =
          any == null || kind.isOrdinary(any)
              ? any
              : longest(text, from, to -> origin.isTemplates(from, to));
      forged |= !Objects.equals(any, own);
      if (own != null) {
        places.add(new Place(from, own));
      }
      at = own == null ? at + 1 : at + own.text().length();
    }
    return new Found(places, forged);
  }

  private @Nullable Token longest(String text, int from, IntPredicate allowed) {
    Token longest = null;
    Node node = root;
    for (int i = from; i < text.length(); i++) {
      node = node.next.get(text.charAt(i));
      if (node == null) {
        return longest;
      }
      if (node.token != null && allowed.test(i + 1)) {
        longest = node.token;
      }
    }
    return longest;
  }

  /** Whether ids have the control tokens of these places, in order, and no others. */
  boolean areThoseOf(int[] ids, List<Place> places) {
    int next = 0;
    for (int id : ids) {
      if (byId.containsKey(id)) {
        if (next == places.size() || places.get(next).token().id() != id) {
          return false;
        }
        next++;
      }
    }
    return next == places.size();
  }

  /** The ids that are control tokens, in order. */
  int[] in(int[] ids) {
    return Arrays.stream(ids).filter(byId::containsKey).toArray();
  }
}
