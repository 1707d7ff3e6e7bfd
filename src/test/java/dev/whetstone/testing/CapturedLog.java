package dev.whetstone.testing;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.jspecify.annotations.Nullable;

/** What is logged until it is closed, for tests of what is told of failures. */
public final class CapturedLog extends Handler implements AutoCloseable {
  private static final Formatter MESSAGE = new PatternFormatter("%s");

  private final Logger logger;
  private final boolean printed;
  private final List<Line> lines = new CopyOnWriteArrayList<>();

  /** A line, and what was thrown; a rank as {@link Level} has them. */
  public record Line(
      String logger, String level, int rank, String message, @Nullable Throwable thrown) {}

  private CapturedLog(Logger logger, boolean printed) {
    this.logger = logger;
    this.printed = printed;
    logger.addHandler(this);
    logger.setUseParentHandlers(printed);
  }

  /** Keeps what a class logs, which is not printed: the test expects it. */
  public static CapturedLog of(Class<?> source) {
    return new CapturedLog(Logger.getLogger(source.getName()), false);
  }

  /** Keeps what anyone logs, which is printed as well. */
  public static CapturedLog ofAll() {
    return new CapturedLog(Logger.getLogger(""), true);
  }

  public List<Line> lines() {
    return List.copyOf(lines);
  }

  /** Warnings and errors. */
  public List<Line> complaints() {
    return lines.stream().filter(line -> line.rank() >= Level.WARNING.intValue()).toList();
  }

  @Override
  public void publish(LogRecord line) {
    lines.add(
        new Line(
            String.valueOf(line.getLoggerName()),
            line.getLevel().getName(),
            line.getLevel().intValue(),
            MESSAGE.format(line),
            line.getThrown()));
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
    if (!printed) {
      logger.setUseParentHandlers(true);
    }
  }
}
