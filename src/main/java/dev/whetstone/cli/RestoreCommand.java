package dev.whetstone.cli;

import dev.whetstone.app.AppSettings;
import dev.whetstone.database.OwnerAccess;
import dev.whetstone.database.backup.BackupManifest;
import dev.whetstone.database.backup.Restore;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Reads a backup into a new database. */
@Command(
    name = "restore",
    description = "Reads what backup wrote into a new database: an embedded or an external one.",
    mixinStandardHelpOptions = true,
    footerHeading = CommandHelp.EXAMPLES,
    footer = "  WHETSTONE_HOME=/srv/new ./whetstone restore whetstone.backup")
public final class RestoreCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "A file that backup wrote.")
  private Path file = Path.of("");

  @Override
  public Integer call() throws IOException, SQLException {
    AppSettings settings = AppSettings.of(System::getenv);
    try (OwnerAccess database = OwnerAccess.open(settings.databaseConfig())) {
      BackupManifest read = new Restore(database).read(file);
      System.out.printf(
          "Restored %,d rows of %d tables, written by Whetstone %s at %s.%n",
          read.rows(), read.tables().size(), read.whetstone(), read.createdAt());
    }
    return 0;
  }
}
