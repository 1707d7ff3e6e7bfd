package dev.whetstone.cli;

import dev.whetstone.models.ImportProgress;
import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Optional;

/** Prints what an import does; on a terminal a download renews one line. */
final class ConsoleProgress implements ImportProgress, AutoCloseable {
  private static final Duration TERMINAL_INTERVAL = Duration.ofMillis(200);

  private final PrintStream out;
  private final boolean terminal;
  private boolean renewing;

  ConsoleProgress(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  static ConsoleProgress onStandardOutput() {
    return new ConsoleProgress(
        System.out, Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false));
  }

  @Override
  public void accept(String line) {
    close();
    out.println(line);
  }

  @Override
  public void renew(String line) {
    if (!terminal) {
      accept(line);
      return;
    }
    out.print("\r" + line + "\033[K");
    out.flush();
    renewing = true;
  }

  /** Ends a line that was renewed, so that what follows begins a new one. */
  @Override
  public void close() {
    if (renewing) {
      out.println();
      renewing = false;
    }
  }

  @Override
  public Duration interval() {
    return terminal ? TERMINAL_INTERVAL : ImportProgress.super.interval();
  }
}
