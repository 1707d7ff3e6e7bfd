package dev.whetstone.gateway.preferences;

import dev.whetstone.gateway.http.LongReads;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.preference.rating.PreferenceSummary;
import dev.whetstone.preference.rating.SummaryReader;
import dev.whetstone.rollout.Watch;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Summarises raters' votes, and what users' duels said of the versions over the base. */
@Singleton
final class SummaryService {
  private final SummaryReader summaries;
  private final LongReads longReads;
  private final GatewayState serving;

  @Inject
  SummaryService(SummaryReader summaries, LongReads longReads, GatewayState serving) {
    this.summaries = summaries;
    this.longReads = longReads;
    this.serving = serving;
  }

  /**
   * Summarises the votes of a time span; null for no bound. Win rates are of all time, and left out
   * until a model is loaded.
   */
  PreferenceSummary read(@Nullable Instant from, @Nullable Instant to) {
    return longReads.run(() -> summaries.read(from, to)).withWinRates(winRates());
  }

  private List<PreferenceSummary.WinRate> winRates() {
    return serving.state() instanceof GatewayState.State.Ready ready
        ? ready.model().rollouts().watches().overBase().stream()
            .flatMap(SummaryService::winRate)
            .toList()
        : List.of();
  }

  private static Stream<PreferenceSummary.WinRate> winRate(Watch watch) {
    return Stream.ofNullable(watch.winRate())
        .map(
            rate ->
                new PreferenceSummary.WinRate(
                    watch.champion(), rate.rate(), rate.low(), rate.high(), rate.votes()));
  }
}
