package dev.whetstone.rollout.changes;

import java.util.Collection;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is counted of an answer's text. */
final class TextFeatures {
  private static final int MAX_LENGTH = 40;
  private static final int OPENING = 300;
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+(?:['’][\\p{L}]+)?");
  private static final Pattern REFUSAL =
      Pattern.compile(
          "(?i)\\b(?:i['’]m sorry|i am sorry|i apologi[sz]e|i can(?:no|['’])t|i can not|i am unable"
              + "|i['’]m unable|i won['’]t|as an ai\\b)");

  private TextFeatures() {}

  /** The different words of a text, in lower case. */
  static Set<String> words(String text) {
    Set<String> words = new TreeSet<>();
    Matcher found = WORD.matcher(text);
    while (found.find()) {
      String word = found.group().toLowerCase(Locale.ROOT);
      if (word.length() <= MAX_LENGTH) {
        words.add(word);
      }
    }
    return words;
  }

  /** The last word of a text with what follows it, in lower case; empty of an empty text. */
  static Set<String> ending(String text) {
    String end = text.strip();
    int from = end.length();
    while (from > 0 && !Character.isWhitespace(end.charAt(from - 1))) {
      from--;
    }
    String last = end.substring(from).toLowerCase(Locale.ROOT);
    return last.isEmpty() || last.length() > MAX_LENGTH ? Set.of() : Set.of(last);
  }

  /** Whether an answer begins with a refusal, as English models put it. */
  static boolean refuses(String text) {
    return REFUSAL.matcher(text.substring(0, Math.min(OPENING, text.length()))).find();
  }

  /** How many of the texts' features each feature is among. */
  static Map<String, Integer> counts(Collection<Set<String>> features) {
    Map<String, Integer> counts = new HashMap<>();
    features.forEach(of -> of.forEach(feature -> counts.merge(feature, 1, Integer::sum)));
    return counts;
  }
}
