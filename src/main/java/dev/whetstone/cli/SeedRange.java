package dev.whetstone.cli;

import dev.whetstone.settings.InvalidSettingException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Seeds on the command line: numbers and ranges, as in 1,2,1000-1009. */
final class SeedRange {
  private static final int MOST = 10_000;
  private static final Pattern PART = Pattern.compile("(\\d{1,15})(?:-(\\d{1,15}))?");

  private SeedRange() {}

  /**
   * The seeds in their order.
   *
   * @throws InvalidSettingException naming the part that is no number or range
   */
  static List<Long> parse(String text) {
    List<Long> seeds = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      Matcher range = PART.matcher(part.strip());
      if (!range.matches()) {
        throw new InvalidSettingException(
            "--seeds takes numbers and ranges, as in 1,2,1000-1009, not '" + part + "'");
      }
      long first = Long.parseLong(range.group(1));
      long last = range.group(2) == null ? first : Long.parseLong(range.group(2));
      if (last < first || last - first >= MOST) {
        throw new InvalidSettingException("--seeds: '" + part + "' is no range of seeds");
      }
      for (long seed = first; seed <= last; seed++) {
        seeds.add(seed);
      }
    }
    return seeds;
  }
}
