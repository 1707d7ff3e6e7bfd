package dev.whetstone.training.worker;

import dev.whetstone.training.RunHistory;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * When runs may begin by themselves: not in quiet hours, not more often a day than wanted, and
 * after a failure only when it has been waited for: 1, 2, 4 … minutes, an hour at most.
 *
 * @param quietHours as in {@code 22:00-06:00}, in the zone of the machine
 * @param maxRunsADay 0 is no limit
 */
record RunSchedule(Optional<String> quietHours, int maxRunsADay, ZoneId zone) {
  private static final int MAX_DOUBLINGS = 6;
  private static final Duration MAX_PAUSE = Duration.ofHours(1);

  RunSchedule {
    quietHours.ifPresent(RunSchedule::parse);
  }

  /** Why no run may begin now; empty if one may. */
  Optional<String> obstacle(Instant now, RunHistory.Failures failures, int startedToday) {
    Instant last = failures.last();
    if (failures.count() > 0 && last != null) {
      Instant next = last.plus(pause(failures.count()));
      if (now.isBefore(next)) {
        return Optional.of(
            "%d runs failed in a row; the next attempt is at %s"
                .formatted(failures.count(), next.truncatedTo(ChronoUnit.SECONDS)));
      }
    }
    if (maxRunsADay > 0 && startedToday >= maxRunsADay) {
      return Optional.of("there were %d runs today, as many as are wanted".formatted(startedToday));
    }
    return quietHours.filter(hours -> isQuiet(hours, now)).map(hours -> "quiet hours: " + hours);
  }

  /** The begin of the day that runs are counted on. */
  Instant today(Instant now) {
    return ZonedDateTime.ofInstant(now, zone).toLocalDate().atStartOfDay(zone).toInstant();
  }

  static Duration pause(int failures) {
    Duration doubled = Duration.ofMinutes(1L << Math.min(failures - 1, MAX_DOUBLINGS));
    return doubled.compareTo(MAX_PAUSE) > 0 ? MAX_PAUSE : doubled;
  }

  private boolean isQuiet(String hours, Instant now) {
    LocalTime[] range = parse(hours);
    LocalTime time = ZonedDateTime.ofInstant(now, zone).toLocalTime();
    boolean afterBegin = !time.isBefore(range[0]);
    boolean beforeEnd = time.isBefore(range[1]);
    return range[0].isBefore(range[1]) ? afterBegin && beforeEnd : afterBegin || beforeEnd;
  }

  private static LocalTime[] parse(String hours) {
    String[] parts = hours.split("-", -1);
    try {
      if (parts.length == 2) {
        return new LocalTime[] {
          LocalTime.parse(parts[0].strip()), LocalTime.parse(parts[1].strip())
        };
      }
    } catch (DateTimeParseException wrong) {
      throw new IllegalArgumentException(message(hours), wrong);
    }
    throw new IllegalArgumentException(message(hours));
  }

  private static String message(String hours) {
    return "whetstone.trainer.quiet-hours must be like 22:00-06:00, not " + hours;
  }
}
