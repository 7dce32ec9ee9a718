import com.almworks.sqlite4java.SQLiteBackup;
import com.almworks.sqlite4java.SQLiteConnection;
import com.almworks.sqlite4java.SQLiteException;
import com.almworks.sqlite4java.SQLiteJob;
import com.almworks.sqlite4java.SQLiteStatement;
import java.io.File;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A job for the queue of one of DynamoDB Local's databases: write it to a file ("out"), replace all
 * that it holds with a file's ("in"), or nothing ("look"). Its result: how many rows were changed
 * since the database was opened, and its sequence counter; "busy" while a transaction is open. Compiled by Janino, which knows no generics.
 */
public class DatabaseCopy extends SQLiteJob {
  private final String kind;
  private final File file;
  private final AtomicLong counter;
  private final long sequence;

  /**
   * @param access the engine's access to the database, of which streams' sequence numbers come
   * @param sequence that the counter gets ("in")
   */
  public DatabaseCopy(String kind, String file, Object access, String sequence) throws Exception {
    this.kind = kind;
    this.file = new File(file);
    Field field = access.getClass().getDeclaredField("sequenceNumberCounter");
    field.setAccessible(true);
    this.counter = (AtomicLong) field.get(access);
    this.sequence = Long.parseLong(sequence);
  }

  /** Throws nothing: the queue would roll back a transaction of the engine's. */
  protected Object job(SQLiteConnection database) {
    try {
      if (!this.kind.equals("look") && !database.getAutoCommit()) {
        return "busy";
      }
      return done(database);
    } catch (Throwable e) {
      return "failed " + e;
    }
  }

  private Object done(SQLiteConnection database) throws Throwable {
    if (this.kind.equals("out")) {
      SQLiteBackup backup = database.initializeBackup(this.file);
      try {
        while (!backup.backupStep(-1)) { }
      } finally {
        backup.dispose(true);
      }
    } else if (this.kind.equals("in")) {
      attach(database);
      try {
        replace(database);
      } finally {
        database.exec("DETACH DATABASE saved");
      }
      this.counter.set(this.sequence);
    }
    return database.getTotalChanges() + " " + this.counter.get();
  }

  private void attach(SQLiteConnection database) throws SQLiteException {
    SQLiteStatement statement = database.prepare("ATTACH DATABASE ? AS saved");
    try {
      statement.bind(1, this.file.getPath());
      statement.stepThrough();
    } finally {
      statement.dispose();
    }
  }

  private void replace(SQLiteConnection database) throws Throwable {
    database.exec("BEGIN");
    try {
      ArrayList old = named(database, "main", "table");
      for (int i = 0; i < old.size(); i++) {
        database.exec("DROP TABLE main." + quoted(((String[]) old.get(i))[0]));
      }
      ArrayList tables = named(database, "saved", "table");
      for (int i = 0; i < tables.size(); i++) {
        String[] table = (String[]) tables.get(i);
        database.exec(table[1]);
        String name = quoted(table[0]);
        database.exec("INSERT INTO main." + name + " SELECT * FROM saved." + name);
      }
      ArrayList indexes = named(database, "saved", "index");
      for (int i = 0; i < indexes.size(); i++) {
        database.exec(((String[]) indexes.get(i))[1]);
      }
      database.exec("COMMIT");
    } catch (Throwable e) {
      database.exec("ROLLBACK");
      throw e;
    }
  }

  private static ArrayList named(SQLiteConnection database, String schema, String type)
      throws SQLiteException {
    ArrayList found = new ArrayList();
    SQLiteStatement statement =
        database.prepare(
            "SELECT name, sql FROM " + schema + ".sqlite_master"
                + " WHERE type = ? AND sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!'");
    try {
      statement.bind(1, type);
      while (statement.step()) {
        found.add(new String[] {statement.columnString(0), statement.columnString(1)});
      }
    } finally {
      statement.dispose();
    }
    return found;
  }

  private static String quoted(String name) {
    return "\"" + name.replace("\"", "\"\"") + "\"";
  }
}
