package dev.whetstone.testing.history;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the parts of Whetstone do whose histories are checked. */
public final class Models {
  private Models() {}

  /** A call of one who wants a lease, or gives it back. */
  public record LeaseCall(String holder, boolean acquire) {}

  /** One holder at a time; the answer says whether the lease was given, or was still held. */
  public static final class Lease implements Linearizability.Model<String, LeaseCall, Boolean> {
    private static final String FREE = "";

    @Override
    public String initial() {
      return FREE;
    }

    @Override
    public Optional<String> step(String holder, LeaseCall call, @Nullable Boolean output) {
      boolean possible = call.acquire() ? holder.equals(FREE) : holder.equals(call.holder());
      if (output != null && output != possible) {
        return Optional.empty();
      }
      String after = call.acquire() ? call.holder() : FREE;
      return Optional.of(possible ? after : holder);
    }
  }

  /**
   * A call that changes or reads the champion.
   *
   * @param promoted the version; null for a rollback or a read
   */
  public record ChampionCall(@Nullable String promoted, boolean rollback) {
    public static final ChampionCall READ = new ChampionCall(null, false);
    public static final ChampionCall ROLLBACK = new ChampionCall(null, true);

    public static ChampionCall promote(String version) {
      return new ChampionCall(version, false);
    }
  }

  /** One champion, whose answer is the champion after the call; rollbacks go back in turn. */
  public static final class Champion
      implements Linearizability.Model<List<String>, ChampionCall, String> {
    @Override
    public List<String> initial() {
      return List.of("v0");
    }

    @Override
    public Optional<List<String>> step(
        List<String> served, ChampionCall call, @Nullable String output) {
      List<String> after = new ArrayList<>(served);
      if (call.promoted() != null && !call.promoted().equals(served.getLast())) {
        after.add(call.promoted());
      } else if (call.rollback() && served.size() > 1) {
        after.removeLast();
      }
      return output == null || output.equals(after.getLast())
          ? Optional.of(List.copyOf(after))
          : Optional.empty();
    }
  }

  /**
   * One value that is set and read, such as the champion of promotions and of rollbacks to a named
   * version. An input of null reads; the answer is the value after the call.
   */
  public record Register(String initial)
      implements Linearizability.Model<String, @Nullable String, String> {
    @Override
    public Optional<String> step(String value, @Nullable String set, @Nullable String output) {
      String after = set == null ? value : set;
      return output == null || output.equals(after) ? Optional.of(after) : Optional.empty();
    }
  }

  /**
   * A vote.
   *
   * @param choice null to read what was voted
   */
  public record VoteCall(String pair, @Nullable String choice) {}

  /** The first choice for a pair stays; the answer is the choice that is kept, or "none". */
  public static final class Votes
      implements Linearizability.Model<Map<String, String>, VoteCall, String> {
    @Override
    public Map<String, String> initial() {
      return Map.of();
    }

    @Override
    public Optional<Map<String, String>> step(
        Map<String, String> kept, VoteCall call, @Nullable String output) {
      Map<String, String> after = new HashMap<>(kept);
      if (call.choice() != null) {
        after.putIfAbsent(call.pair(), call.choice());
      }
      return output == null || output.equals(after.getOrDefault(call.pair(), "none"))
          ? Optional.of(Map.copyOf(after))
          : Optional.empty();
    }
  }
}
