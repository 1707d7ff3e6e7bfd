package dev.whetstone.training.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.training.RunHistory.Failures;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** When runs may begin by themselves. */
class RunScheduleTest {
  private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
  private static final Failures NONE = new Failures(0, null);

  /** A typo in the settings used to give 906 failed runs in ten seconds. */
  @Test
  void failuresAreWaitedForLongerAndLonger() {
    RunSchedule always = new RunSchedule(Optional.empty(), 0, ZoneOffset.UTC);

    assertThat(always.obstacle(NOON, NONE, 100)).isEmpty();
    assertThat(always.obstacle(NOON, new Failures(1, NOON.minusSeconds(59)), 0)).isPresent();
    assertThat(always.obstacle(NOON, new Failures(1, NOON.minusSeconds(60)), 0)).isEmpty();
    assertThat(always.obstacle(NOON, new Failures(3, NOON.minusSeconds(239)), 0))
        .hasValueSatisfying(text -> assertThat(text).contains("3 runs failed in a row"));
    assertThat(RunSchedule.pause(4)).isEqualTo(Duration.ofMinutes(8));
    assertThat(RunSchedule.pause(40)).isEqualTo(Duration.ofHours(1));
  }

  @Test
  void quietHoursMayCrossMidnight() {
    RunSchedule nights = new RunSchedule(Optional.of("22:00-06:00"), 0, ZoneOffset.UTC);

    assertThat(nights.obstacle(NOON, NONE, 0)).isEmpty();
    assertThat(nights.obstacle(NOON.plus(Duration.ofHours(11)), NONE, 0)).isPresent();
    assertThat(nights.obstacle(NOON.minus(Duration.ofHours(8)), NONE, 0)).isPresent();
    assertThatThrownBy(() -> new RunSchedule(Optional.of("ten to six"), 0, ZoneOffset.UTC))
        .hasMessageContaining("quiet-hours");
  }

  @Test
  void aDayHasAsManyRunsAsWanted() {
    RunSchedule two = new RunSchedule(Optional.empty(), 2, ZoneOffset.UTC);

    assertThat(two.obstacle(NOON, NONE, 1)).isEmpty();
    assertThat(two.obstacle(NOON, NONE, 2)).isPresent();
    assertThat(two.today(NOON)).isEqualTo("2026-01-01T00:00:00Z");
  }
}
