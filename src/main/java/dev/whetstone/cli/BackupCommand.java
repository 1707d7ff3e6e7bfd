package dev.whetstone.cli;

import dev.whetstone.app.AppSettings;
import dev.whetstone.database.OwnerAccess;
import dev.whetstone.database.backup.Backup;
import dev.whetstone.database.backup.BackupManifest;
import dev.whetstone.settings.BuildInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Writes the database into a file, also while a gateway serves. */
@Command(
    name = "backup",
    description =
        "Writes all that must be kept (votes, pairs, versions, keys' hashes, runs) into one file,"
            + " also while the gateway runs.",
    mixinStandardHelpOptions = true,
    footerHeading = CommandHelp.EXAMPLES,
    footer = "  ./whetstone backup whetstone.backup")
public final class BackupCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "The new file; only its owner may read it.")
  private Path file = Path.of("");

  @Override
  public Integer call() throws IOException, SQLException {
    AppSettings settings = AppSettings.of(System::getenv);
    try (OwnerAccess database = OwnerAccess.open(settings.databaseConfig())) {
      BackupManifest written =
          new Backup(database, BuildInfo.version(), InstantSource.system()).write(file);
      System.out.printf(
          "Wrote %,d rows of %d tables to %s (%,d bytes). It holds users' texts: keep it as you keep"
              + " them.%n",
          written.rows(), written.tables().size(), file, Files.size(file));
    }
    return 0;
  }
}
