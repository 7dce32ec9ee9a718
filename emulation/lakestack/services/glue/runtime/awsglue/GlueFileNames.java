package lake.awsglue;

import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.spark.internal.io.FileNameSpec;
import org.apache.spark.internal.io.cloud.PathOutputCommitProtocol;

/** Names the files of a write that has a run number as AWS Glue does, all others as Spark does. */
public class GlueFileNames extends PathOutputCommitProtocol {

  private static final String FIRST_FILE = "-c000";

  public GlueFileNames(String jobId, String path, boolean dynamicPartitionOverwrite) {
    super(jobId, path, dynamicPartitionOverwrite);
  }

  public String getFilename(TaskAttemptContext task, FileNameSpec spec) {
    String run = task.getConfiguration().get("lake.awsglue.run");
    if (run == null) {
      return super.getFilename(task, spec);
    }
    // A task writes several files where they have a largest number of records.
    String suffix = spec.suffix();
    if (suffix.startsWith(FIRST_FILE)) {
      suffix = suffix.substring(FIRST_FILE.length());
    }
    String split = String.valueOf(task.getTaskAttemptID().getTaskID().getId());
    while (split.length() < 5) {
      split = "0" + split;
    }
    return spec.prefix() + "run-" + run + "-part-r-" + split + suffix;
  }
}
