import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.common.KinesisClientUtil;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/** Prints what happens, a line each, and ends when its standard input does. */
public class KclConsumer {
    private static final PrintStream OUT = System.out;

    private static synchronized void say(String kind, String shard, String text) {
        OUT.println(kind + "\t" + shard + "\t" + text);
        OUT.flush();
    }

    private static <B extends AwsClientBuilder<B, ?>> B local(B builder, URI endpoint, String region) {
        return builder.endpointOverride(endpoint).region(Region.of(region)).credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")));
    }

    public static void main(String[] args) throws Exception {
        URI endpoint = URI.create(args[0]);
        String region = args[1], stream = args[2], application = args[3], retrieval = args[4];
        KinesisAsyncClient kinesis = KinesisClientUtil.createKinesisAsyncClient(
            local(KinesisAsyncClient.builder(), endpoint, region));
        DynamoDbAsyncClient leases = local(DynamoDbAsyncClient.builder(), endpoint, region).build();
        CloudWatchAsyncClient metrics = local(CloudWatchAsyncClient.builder(), endpoint, region).build();
        SingleStreamTracker tracker = new SingleStreamTracker(stream,
            InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON));
        ConfigsBuilder configs = new ConfigsBuilder(tracker, application, kinesis, leases, metrics,
            application + "-worker", Processor::new);
        var reading = configs.retrievalConfig();
        if (retrieval.equals("polling")) {
            reading.retrievalSpecificConfig(new PollingConfig(stream, kinesis).idleTimeBetweenReadsInMillis(200));
        }
        Scheduler scheduler = new Scheduler(configs.checkpointConfig(),
            configs.coordinatorConfig().parentShardPollIntervalMillis(500).shardConsumerDispatchPollIntervalMillis(200),
            configs.leaseManagementConfig().failoverTimeMillis(3000).shardSyncIntervalMillis(2000)
                .leasesRecoveryAuditorExecutionFrequencyMillis(2000),
            configs.lifecycleConfig(), configs.metricsConfig().metricsBufferTimeMillis(1000),
            configs.processorConfig(), reading);
        Thread worker = new Thread(scheduler, "scheduler");
        worker.start();
        while (System.in.read() >= 0) { }
        // The graceful one waits in vain for the shard that has ended: issues 542 and 616 of the library.
        scheduler.shutdown();
        worker.join();
        System.exit(0);
    }

    /** One shard's reader; checkpoints after each batch. */
    static class Processor implements ShardRecordProcessor {
        private String shard;

        public void initialize(InitializationInput input) {
            shard = input.shardId();
            say("start", shard, input.extendedSequenceNumber().sequenceNumber());
        }

        public void processRecords(ProcessRecordsInput input) {
            input.records().forEach(record -> say("record", shard,
                record.partitionKey() + " " + StandardCharsets.UTF_8.decode(record.data())));
            try {
                input.checkpointer().checkpoint();
            } catch (Exception e) {
                say("failed", shard, e.toString());
            }
        }

        public void leaseLost(LeaseLostInput input) {
            say("lost", shard, "");
        }

        public void shardEnded(ShardEndedInput input) {
            try {
                input.checkpointer().checkpoint();
                say("end", shard, "");
            } catch (Exception e) {
                say("failed", shard, e.toString());
            }
        }

        public void shutdownRequested(ShutdownRequestedInput input) {
            try {
                input.checkpointer().checkpoint();
            } catch (Exception e) {
                say("failed", shard, e.toString());
            }
        }
    }
}
