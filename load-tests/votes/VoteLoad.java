import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseConfig;
import dev.whetstone.database.Sql;
import dev.whetstone.security.KeyFormat;
import dev.whetstone.security.Role;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Votes over HTTP from many keep-alive connections, each vote on another pair, and prints the rate
 * and the latencies of those answered with 201.
 *
 * <p>Arguments: WHETSTONE_HOME, port, chat key, connections, seconds, seconds of warm-up.
 */
public final class VoteLoad {
  private static final int PAIRS_PER_SECOND = 12_000;

  private static final String SEED =
      """
      INSERT INTO pairs (pair_id, key_id, user_id, prompt, prompt_ids, prompt_hash, text_a, text_b,
        ids_a, ids_b, logps_a, logps_b, finish_a, finish_b, policy_a, policy_b, hash_a, hash_b,
        base_hash, sampling, created_at, expires_at)
      SELECT 'load_' || i, ?, 'user ' || i % 1000, 'How was it? ' || i, array_fill(7, ARRAY[40]),
        sha256(i::text::bytea), repeat('so ', 40) || i, repeat('thus ', 40) || i,
        array_fill(1, ARRAY[60]), array_fill(2, ARRAY[60]), array_fill(-1.0, ARRAY[60]),
        array_fill(-2.0, ARRAY[60]), 'stop', 'stop', 'v0', 'v0', 'h', 'h', 'h', '{}', now(),
        now() + interval '1 day'
      FROM generate_series(?, ?) AS i
      """;

  public static void main(String... args) throws Exception {
    Path home = Path.of(args[0]);
    int port = Integer.parseInt(args[1]);
    String key = args[2];
    int connections = Integer.parseInt(args[3]);
    int seconds = Integer.parseInt(args[4]);
    int warmUp = Integer.parseInt(args[5]);
    int pairs = (seconds + warmUp) * PAIRS_PER_SECOND;
    seed(home, KeyFormat.id(Role.CHAT, KeyFormat.hash(key)), pairs);

    AtomicInteger next = new AtomicInteger();
    long begin = System.nanoTime() + warmUp * 1_000_000_000L;
    long end = begin + seconds * 1_000_000_000L;
    Client[] clients = new Client[connections];
    for (int i = 0; i < connections; i++) {
      clients[i] = new Client(port, key, next, pairs, begin, end);
      clients[i].start();
    }
    for (Client client : clients) {
      client.join();
    }
    report(clients, seconds);
  }

  private static void seed(Path home, String keyId, int pairs) {
    try (Database database = new Database(DatabaseConfig.of(home, null))) {
      for (int from = 0; from < pairs; from += 10_000) {
        int first = from;
        database.statement(
            connection ->
                Sql.update(connection, SEED, keyId, first, Math.min(first + 10_000, pairs) - 1));
      }
    }
  }

  private static void report(Client[] clients, int seconds) {
    long[] all =
        Arrays.stream(clients).flatMapToLong(c -> Arrays.stream(c.nanos, 0, c.count)).toArray();
    Arrays.sort(all);
    int refused = Arrays.stream(clients).mapToInt(c -> c.refused).sum();
    if (all.length == 0) {
      throw new IllegalStateException("no vote was taken; " + refused + " were refused");
    }
    System.out.printf(
        "votes over HTTP: %.0f/s, p50 %.1f ms, p99 %.1f ms, p99.9 %.1f ms, max %.1f ms, not 201: %d%n",
        all.length / (double) seconds,
        at(all, 0.5),
        at(all, 0.99),
        at(all, 0.999),
        all[all.length - 1] / 1e6,
        refused);
  }

  private static double at(long[] sorted, double share) {
    return sorted[(int) Math.min(sorted.length - 1, Math.ceil(share * sorted.length))] / 1e6;
  }

  private static final class Client extends Thread {
    private final int port;
    private final String key;
    private final AtomicInteger next;
    private final int pairs;
    private final long begin;
    private final long end;
    private long[] nanos = new long[1 << 16];
    private int count;
    private int refused;

    Client(int port, String key, AtomicInteger next, int pairs, long begin, long end) {
      this.port = port;
      this.key = key;
      this.next = next;
      this.pairs = pairs;
      this.begin = begin;
      this.end = end;
    }

    @Override
    public void run() {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket.setTcpNoDelay(true);
        InputStream in = new BufferedInputStream(socket.getInputStream());
        OutputStream out = socket.getOutputStream();
        for (int pair; System.nanoTime() < end && (pair = next.getAndIncrement()) < pairs; ) {
          byte[] request = request(pair);
          long sent = System.nanoTime();
          out.write(request);
          int status = answer(in);
          long now = System.nanoTime();
          if (sent >= begin && now < end) {
            note(status, now - sent);
          }
        }
      } catch (IOException failed) {
        throw new IllegalStateException(failed);
      }
    }

    private void note(int status, long took) {
      if (status != 201) {
        refused++;
        return;
      }
      if (count == nanos.length) {
        nanos = Arrays.copyOf(nanos, 2 * count);
      }
      nanos[count++] = took;
    }

    private byte[] request(int pair) {
      String body =
          "{\"pair_id\":\"load_%d\",\"choice\":\"%s\",\"user\":\"user %d\",\"tags\":[\"load\"]}"
              .formatted(pair, pair % 2 == 0 ? "a" : "b", pair % 1000);
      String head =
          "POST /preferences HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
              + key
              + "\r\nContent-Type: application/json\r\nContent-Length: "
              + body.length()
              + "\r\n\r\n";
      return (head + body).getBytes(StandardCharsets.US_ASCII);
    }

    /** Reads one answer and returns its status. */
    private static int answer(InputStream in) throws IOException {
      String status = line(in);
      int length = 0;
      for (String header; !(header = line(in)).isEmpty(); ) {
        if (header.regionMatches(true, 0, "content-length:", 0, 15)) {
          length = Integer.parseInt(header.substring(15).strip());
        }
      }
      in.skipNBytes(length);
      return Integer.parseInt(status.substring(9, 12));
    }

    private static String line(InputStream in) throws IOException {
      StringBuilder line = new StringBuilder();
      for (int c; (c = in.read()) != '\n'; ) {
        if (c < 0) {
          throw new IOException("the gateway closed the connection");
        }
        if (c != '\r') {
          line.append((char) c);
        }
      }
      return line.toString();
    }
  }
}
