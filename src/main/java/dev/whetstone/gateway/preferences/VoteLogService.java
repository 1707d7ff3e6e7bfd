package dev.whetstone.gateway.preferences;

import dev.whetstone.gateway.http.Paging;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.preference.PreferenceConfig;
import dev.whetstone.preference.PreferenceFilter;
import dev.whetstone.preference.PreferenceRow;
import dev.whetstone.preference.bulk.PreferenceReader;
import dev.whetstone.preference.bulk.PreferenceReader.Order;
import dev.whetstone.preference.trl.TrlFormat;
import dev.whetstone.preference.trl.TrlWriter;
import dev.whetstone.security.Role;
import dev.whetstone.settings.EnumNames;
import io.quarkus.security.identity.SecurityIdentity;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.StreamingOutput;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Reads the preference log, and keeps from raters what would unblind them. */
@Singleton
final class VoteLogService {
  private final PreferenceReader reader;
  private final PreferenceConfig config;
  private final SecurityIdentity identity;
  private final InstantSource clock;

  @Inject
  VoteLogService(
      PreferenceReader reader,
      PreferenceConfig config,
      SecurityIdentity identity,
      InstantSource clock) {
    this.reader = reader;
    this.config = config;
    this.identity = identity;
    this.clock = clock;
  }

  /**
   * The votes that a query selects of those that the caller may see.
   *
   * @throws ProblemException 403 when a rater selects by version, 400 for an invalid parameter
   */
  PreferenceFilter filter(PreferenceQuery query) {
    String blindKey = blindRaterKey();
    if (query.policy != null && blindKey != null) {
      throw ProblemException.of(
          403, "forbidden", "raters do not see which version wrote a side: leave policy out");
    }
    return query.filter(blindKey);
  }

  /**
   * Reads a page.
   *
   * @param after cursor of the page before; null for the first page
   */
  PreferenceViews.Page page(PreferenceFilter filter, Order order, @Nullable Long after, int limit) {
    var page =
        Paging.read(
            limit,
            size -> reader.page(filter, order, after, size),
            row -> Long.toString(row.seq()));
    return new PreferenceViews.Page(
        page.rows().stream().map(row -> PreferenceViews.Row.of(row, showsVersions(row))).toList(),
        page.next());
  }

  /** The votes for a side as a file in TRL's formats; the audit log says who took it. */
  StreamingOutput export(PreferenceFilter filter, TrlFormat form, boolean tokens) {
    reader.auditExport(identity.getPrincipal().getName(), EnumNames.of(form));
    return out -> {
      try (TrlWriter lines = new TrlWriter(out, form, tokens)) {
        reader.forEachDecidedPair(filter, form, lines::write);
      }
    };
  }

  // A vote in its undo window can still be changed, and a pair that is open can be given to a
  // rater.
  private boolean showsVersions(PreferenceRow row) {
    Instant now = clock.instant();
    boolean counts = !row.recordedAt().plus(config.undoWindow()).isAfter(now);
    boolean open = row.pair().expiresAt().isAfter(now);
    return row.imported()
        || identity.hasRole(Role.OPERATOR_ROLE)
        || (counts && !(open && identity.hasRole(Role.RATER_ROLE)));
  }

  // Operators maintain the log and do not rate blind, so they may see all votes.
  private @Nullable String blindRaterKey() {
    return identity.hasRole(Role.RATER_ROLE) && !identity.hasRole(Role.OPERATOR_ROLE)
        ? identity.getPrincipal().getName()
        : null;
  }
}
