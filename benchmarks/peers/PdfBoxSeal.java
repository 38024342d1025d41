// PDFBox 2 with Bouncy Castle: a detached CMS signature in an incremental update, in a warm JVM, without a timestamp.

import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Calendar;
import java.util.Properties;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.PDSignature;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

public final class PdfBoxSeal {
    private static final int BATCHES = 5;

    private final byte[] document;
    private final PrivateKey key;
    private final Certificate[] chain;

    private PdfBoxSeal(Properties order) throws Exception {
        char[] password = order.getProperty("password").toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream bundle = new FileInputStream(order.getProperty("bundle"))) {
            store.load(bundle, password);
        }
        String alias = store.aliases().nextElement();
        document = Files.readAllBytes(Path.of(order.getProperty("document")));
        key = (PrivateKey) store.getKey(alias, password);
        chain = store.getCertificateChain(alias);
    }

    public static void main(String[] arguments) throws Exception {
        Properties order = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(arguments[0]))) {
            order.load(reader);
        }
        int repetitions = Integer.parseInt(order.getProperty("repetitions"));
        PdfBoxSeal peer = new PdfBoxSeal(order);
        Files.write(Path.of(order.getProperty("result")), peer.seal());
        for (int i = 0; i < 5 * repetitions; i++) {
            peer.seal();
        }
        double[] batches = new double[BATCHES];
        for (int batch = 0; batch < BATCHES; batch++) {
            long began = processorTime();
            for (int i = 0; i < repetitions; i++) {
                peer.seal();
            }
            batches[batch] = (processorTime() - began) / 1e6 / repetitions;
        }
        Arrays.sort(batches);
        System.out.println(batches[BATCHES / 2]);
    }

    private static long processorTime() {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getProcessCpuTime();
    }

    private byte[] seal() throws IOException {
        try (PDDocument pdf = PDDocument.load(document)) {
            PDSignature signature = new PDSignature();
            signature.setFilter(PDSignature.FILTER_ADOBE_PPKLITE);
            signature.setSubFilter(PDSignature.SUBFILTER_ADBE_PKCS7_DETACHED);
            signature.setSignDate(Calendar.getInstance());
            pdf.addSignature(signature, this::sign);
            ByteArrayOutputStream sealed = new ByteArrayOutputStream(document.length + 40_000);
            pdf.saveIncremental(sealed);
            return sealed.toByteArray();
        }
    }

    private byte[] sign(InputStream content) throws IOException {
        try {
            var digests = new JcaDigestCalculatorProviderBuilder().build();
            var signer = new JcaContentSignerBuilder("SHA256withRSA").build(key);
            CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
            generator.addSignerInfoGenerator(
                    new JcaSignerInfoGeneratorBuilder(digests).build(signer, (X509Certificate) chain[0]));
            generator.addCertificates(new JcaCertStore(Arrays.asList(chain)));
            return generator.generate(new CMSProcessableByteArray(content.readAllBytes()), false).getEncoded();
        } catch (Exception problem) {
            throw new IOException(problem);
        }
    }
}
